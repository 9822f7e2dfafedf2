INSERT INTO {{ runs }} (
  run_id, epoch, status, as_of, started_at, finished_at, target, segc_version, git_sha, selection, project_hash,
  members_checksum, message
)
VALUES (
  {{ run_id }},
  NULL,
  'refused',
  {{ as_of }},
  {{ started_at }},
  {{ finished_at }},
  {{ target }},
  {{ segc_version }},
  {{ git_sha }},
  {{ selection }},
  {{ project_hash }},
  NULL,
  {{ message }}
)
