// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/tokenizer/post_processor.h"

#include "io/tokenizer/json_fields.h"

#include <algorithm>
#include <map>

namespace expertscope::tokenizer {

namespace {

constexpr std::size_t kMaxTemplate = 64;

using SpecialTokens = std::map<std::string_view, std::vector<std::int32_t>>;

Expected<SpecialTokens> specialTokens(const JsonValue& value, const std::string& place)
{
    if (value.kind() != JsonValue::Kind::Object)
        return wrongKind("an object", value, place);
    SpecialTokens tokens;
    for (const JsonMember& member : value.members()) {
        ES_ASSIGN(JsonFields fields, JsonFields::open(member.value, place + "." + inQuotes(member.key)));
        ES_TRY(fields.string("id"));
        ES_ASSIGN(const auto ids, fields.array("ids"));
        ES_ASSIGN(const auto names, fields.array("tokens"));
        ES_TRY(fields.finish());
        if (ids.size() != names.size() || ids.size() > kMaxTemplate)
            return fail("'ids' and 'tokens' differ in length, or are too many", fields.place());
        std::vector<std::int32_t>& list = tokens[member.key];
        for (const JsonValue& id : ids) {
            ES_ASSIGN(const std::int32_t number, idOf(id, fields.place("ids")));
            list.push_back(number);
        }
    }
    return tokens;
}

/// Checks both templates, keeps what the one for a single sequence consists of.
template <class F>
Expected<void> readTemplate(
    JsonFields& fields, std::string_view key, bool single, const SpecialTokens& tokens, F&& take)
{
    ES_ASSIGN(const auto items, fields.array(key));
    if (items.size() > kMaxTemplate)
        return fail("more than " + std::to_string(kMaxTemplate) + " items", fields.place(key));
    for (std::size_t i = 0; i < items.size(); ++i) {
        const std::string place = fields.place(key) + "[" + std::to_string(i) + "]";
        ES_ASSIGN(JsonFields item, JsonFields::open(items[i], place));
        const bool isSequence = item.find("Sequence") != nullptr;
        const std::string_view kind = isSequence ? "Sequence" : "SpecialToken";
        ES_ASSIGN(const JsonValue* value, item.require(kind));
        ES_TRY(item.finish());
        ES_ASSIGN(JsonFields inner, JsonFields::open(*value, item.place(kind)));
        ES_TRY(inner.count("type_id"));
        ES_ASSIGN(const std::string_view id, inner.string("id"));
        ES_TRY(inner.finish());
        if (isSequence) {
            if (id != "A" && (id != "B" || single))
                return fail("unknown sequence " + inQuotes(id), inner.place("id"));
            take(nullptr);
            continue;
        }
        const auto token = tokens.find(id);
        if (token == tokens.end())
            return fail("special token " + inQuotes(id) + " is not in special_tokens", inner.place("id"));
        take(&token->second);
    }
    return {};
}

/// ["[SEP]", 102]
Expected<std::int32_t> tokenAndId(JsonFields& fields, std::string_view key)
{
    ES_ASSIGN(const auto items, fields.array(key));
    if (items.size() != 2 || items[0].kind() != JsonValue::Kind::String)
        return fail("not a token and its id", fields.place(key));
    return idOf(items[1], fields.place(key));
}

}

Expected<PostProcessor> PostProcessor::load(const JsonValue& value, const std::string& place)
{
    PostProcessor processor;
    if (!value.isNull())
        ES_TRY(processor.add(value, place));
    return processor;
}

Expected<void> PostProcessor::add(const JsonValue& value, const std::string& place)
{
    ES_ASSIGN(JsonFields fields, JsonFields::open(value, place));
    ES_ASSIGN(const std::string_view type, fields.string("type"));
    if (type == "Sequence") {
        ES_ASSIGN(const auto items, fields.array("processors"));
        ES_TRY(fields.finish());
        for (std::size_t i = 0; i < items.size(); ++i)
            ES_TRY(add(items[i], fields.place("processors[" + std::to_string(i) + "]")));
        return {};
    }
    if (type == "ByteLevel") { // moves offsets, no ids
        ES_TRY(fields.boolean("add_prefix_space", true));
        ES_TRY(fields.boolean("trim_offsets", true));
        ES_TRY(fields.boolean("use_regex", true));
        return fields.finish();
    }
    std::vector<Item> items;
    if (type == "TemplateProcessing") {
        ES_ASSIGN(const JsonValue* special, fields.require("special_tokens"));
        ES_ASSIGN(const SpecialTokens tokens, specialTokens(*special, fields.place("special_tokens")));
        ES_TRY(readTemplate(fields, "single", true, tokens, [&](const std::vector<std::int32_t>* ids) {
            items.push_back(ids ? Item{false, *ids} : Item{true, {}});
        }));
        ES_TRY(readTemplate(fields, "pair", false, tokens, [](const std::vector<std::int32_t>*) {}));
    } else if (type == "BertProcessing" || type == "RobertaProcessing") {
        ES_ASSIGN(const std::int32_t sep, tokenAndId(fields, "sep"));
        ES_ASSIGN(const std::int32_t cls, tokenAndId(fields, "cls"));
        if (type == "RobertaProcessing") {
            ES_TRY(fields.boolean("trim_offsets", true));
            ES_TRY(fields.boolean("add_prefix_space", true));
        }
        items = {Item{false, {cls}}, Item{true, {}}, Item{false, {sep}}};
    } else {
        return fail("post-processor " + inQuotes(type) + " is not supported", fields.place("type"));
    }
    ES_TRY(fields.finish());
    if (m_template)
        return fail("a second processor that adds tokens", fields.place(), "the reference library fails on this too");
    m_template = std::move(items);
    return {};
}

bool PostProcessor::adds(std::int32_t id, bool behind) const
{
    bool text = false;
    for (const Item& item : m_template.value_or(std::vector<Item>())) {
        text = text || item.text;
        if (!item.text && text == behind && std::ranges::find(item.ids, id) != item.ids.end())
            return true;
    }
    return false;
}

void PostProcessor::apply(std::vector<std::int32_t>& ids, bool addSpecialTokens) const
{
    if (!m_template)
        return;
    std::vector<std::int32_t> out;
    out.reserve(ids.size() + 2 * m_template->size());
    for (const Item& item : *m_template) {
        if (item.text)
            out.insert(out.end(), ids.begin(), ids.end());
        else if (addSpecialTokens)
            out.insert(out.end(), item.ids.begin(), item.ids.end());
    }
    ids = std::move(out);
}

}
