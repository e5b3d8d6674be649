"""Makes the database that datasette serves: the records of an activity file, indexed for full-text search as
datasette's own documentation shows it. In come the file and the path of the database; out goes how many there are."""

import json
import sqlite3
import sys

source, target = sys.argv[1:]
with open(source, encoding="utf-8") as file:
    records = json.load(file)
database = sqlite3.connect(target)
database.execute("create table documents (id integer primary key, title text, url text, time text, product text)")
database.executemany(
    "insert into documents (title, url, time, product) values (?, ?, ?, ?)",
    ((one.get("title"), one.get("titleUrl"), one.get("time"), one.get("header")) for one in records),
)
database.execute("create index documents_by_time on documents (time)")
database.execute("create virtual table documents_fts using fts5 (title, content=documents, content_rowid=id)")
database.execute("insert into documents_fts (rowid, title) select id, title from documents")
database.execute("insert into documents_fts (documents_fts) values ('optimize')")
database.commit()
database.execute("analyze")
database.commit()
print(len(records))
