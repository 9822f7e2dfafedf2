SELECT project, epoch, run_id, contract_version
FROM {{ state }}
