CREATE TEMPORARY TABLE {{ stage }} AS
{{ query }}
