#include "ui/store/schema.h"

namespace cutaway {
namespace {

constexpr const char* kFirst[] = {
    "CREATE TABLE conversation (id INTEGER PRIMARY KEY, title TEXT NOT NULL, system_prompt TEXT NOT NULL, "
    "created INTEGER NOT NULL, updated INTEGER NOT NULL, leaf INTEGER NOT NULL, deleted INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE message (id INTEGER PRIMARY KEY, conversation INTEGER NOT NULL REFERENCES conversation(id), "
    "parent INTEGER NOT NULL, role INTEGER NOT NULL, state INTEGER NOT NULL, text TEXT NOT NULL, tokens BLOB, "
    "stats TEXT NOT NULL, created INTEGER NOT NULL, model TEXT NOT NULL, settings TEXT NOT NULL)",
    "CREATE INDEX message_conversation ON message(conversation)",
};

constexpr const char* kPairs[] = {
    "CREATE TABLE paired_answer (message INTEGER PRIMARY KEY REFERENCES message(id), mode INTEGER NOT NULL, "
    "model TEXT NOT NULL, first INTEGER NOT NULL, tokens BLOB, differences BLOB, stats TEXT NOT NULL, error TEXT NOT NULL)",
};

constexpr SchemaStep kSteps[] = {
    {1, kFirst},
    {2, kPairs},
};

constexpr const char* kFullText[] = {
    "CREATE VIRTUAL TABLE IF NOT EXISTS message_search USING fts5(text, content='message', content_rowid='id', "
    "tokenize='trigram')",
    "CREATE TRIGGER IF NOT EXISTS message_inserted AFTER INSERT ON message BEGIN "
    "INSERT INTO message_search(rowid, text) VALUES (new.id, new.text); END",
    "CREATE TRIGGER IF NOT EXISTS message_changed AFTER UPDATE OF text ON message BEGIN "
    "INSERT INTO message_search(message_search, rowid, text) VALUES ('delete', old.id, old.text); "
    "INSERT INTO message_search(rowid, text) VALUES (new.id, new.text); END",
};

}  // namespace

std::span<const SchemaStep> schemaSteps() { return kSteps; }
std::span<const char* const> fullTextStatements() { return kFullText; }

}  // namespace cutaway
