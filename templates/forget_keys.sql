CREATE TEMPORARY TABLE {{ keys }} (entity_key {{ key_type }})
