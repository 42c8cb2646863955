"""Tables, migrations and all SQL. Sessions stay below this floor's door; values go up."""
