"""From a database to records: pictures and boxes."""
