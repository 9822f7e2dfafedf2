UPDATE {{ state }}
SET epoch = epoch + 1, run_id = {{ run_id }}, contract_version = {{ contract_version }}, updated_at = {{ finished_at }}
WHERE project = {{ project }} AND epoch = {{ base }}
