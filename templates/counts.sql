CREATE {{ temporary }}TABLE {{ counts }} (
  segment {{ text }},
  entity {{ text }},
  members {{ int }},
  entered {{ int }},
  exited {{ int }},
  suppressed {{ int }},
  held_out {{ int }},
  population {{ int }}
)
