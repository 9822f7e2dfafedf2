INSERT INTO {{ state }} (project, epoch, run_id, contract_version, updated_at)
SELECT {{ project }}, 0, '', {{ contract_version }}, {{ finished_at }}
FROM (SELECT 1 AS one) AS x
WHERE NOT EXISTS (SELECT 1 FROM {{ state }})
