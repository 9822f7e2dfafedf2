{#- Where it takes a second statement. -#}
