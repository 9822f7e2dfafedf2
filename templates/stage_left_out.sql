CREATE {{ temporary }}TABLE {{ left_out }} (segment {{ text }}, suppressed {{ int }}, held_out {{ int }})
