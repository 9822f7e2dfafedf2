{#- In a SELECT a NULL would be an INT64. -#}
INSERT INTO {{ runs }} (
  run_id, epoch, status, as_of, started_at, finished_at, target, segc_version, git_sha, selection, project_hash,
  members_checksum, message
)
VALUES (
  {{ run_id }},
  {{ base }} + 1,
  'published',
  {{ as_of }},
  {{ started_at }},
  {{ finished_at }},
  {{ target }},
  {{ segc_version }},
  {{ git_sha }},
  {{ selection }},
  {{ project_hash }},
  (
    {{ checksum | indent(4) }}
  ),
  {{ message }}
)
