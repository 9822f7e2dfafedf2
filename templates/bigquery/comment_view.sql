{#- The view is made with its words. -#}
