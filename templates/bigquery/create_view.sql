CREATE OR REPLACE VIEW {{ view }}
OPTIONS (description = {{ comment }})
AS
{{ select }}
