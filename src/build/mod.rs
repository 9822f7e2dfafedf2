//! A build as data: what is staged, checked and published, as SQL text in order, with no connection in sight.
