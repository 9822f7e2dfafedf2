CREATE {{ temporary }}TABLE {{ stage }} AS
{{ query }}
