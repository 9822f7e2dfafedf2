DROP VIEW IF EXISTS {{ table }}
