{#- The view is made with it. -#}
