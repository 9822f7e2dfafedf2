CREATE TEMPORARY TABLE {{ counts }} (
  segment {{ text }},
  entity {{ text }},
  members {{ int }},
  entered {{ int }},
  exited {{ int }},
  suppressed {{ int }},
  population {{ int }}
)
