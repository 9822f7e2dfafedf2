INSERT INTO {{ state }} (project, epoch, run_id, contract_version, updated_at)
VALUES ({{ project }}, 0, '', {{ contract_version }}, {{ finished_at }})
