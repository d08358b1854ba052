"""All SQL of Postroom: schema, migrations, named statements, one module per area, COPY, and the blobs."""
