CREATE TEMPORARY TABLE {{ suppressed }} (segment {{ text }}, suppressed {{ int }})
