CREATE {{ temporary }}TABLE {{ keys }} (entity_key {{ key_type }})
