{#- Who may read it stays. https://docs.snowflake.com/en/sql-reference/sql/create-view -#}
CREATE OR REPLACE VIEW {{ view }}
COPY GRANTS
COMMENT = {{ comment }}
AS
{{ select }}
