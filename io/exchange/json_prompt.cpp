// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/exchange/json_prompt.h"

#include "io/base/text.h"
#include "io/base/utf8.h"

#include <algorithm>
#include <array>

namespace expertscope {

namespace {

constexpr JsonLimits kLimits{.maxBytes = std::size_t(512) << 20, .maxValues = std::size_t(1) << 24, .maxDepth = 16};
constexpr std::array<std::string_view, 4> kOwnKeys{"text", "token_ids", "name", "labels"};

/// The member, unless it is missing or null, which say the same.
const JsonValue* given(const JsonValue& object, std::string_view key)
{
    const JsonValue* value = object.find(key);
    return value && !value->isNull() ? value : nullptr;
}

std::string keysOf(const JsonValue& object)
{
    constexpr std::size_t kMost = 8;
    const auto& members = *object.object();
    std::string keys = joined(std::span(members).first(std::min(members.size(), kMost)), ", ",
        [](const JsonMember& member) { return printable(member.first.substr(0, 40)); });
    return "its keys: " + (keys.empty() ? "none" : keys) + (members.size() > kMost ? ", …" : "");
}

Expected<std::string> readText(const JsonValue& value, const char* key, const std::string& where)
{
    const auto* text = value.string();
    if (!text)
        return fail(std::string("'") + key + "' is " + value.kind() + ", not a string", where);
    if (const auto bad = invalidUtf8At(*text))
        return fail(std::string("'") + key + "' holds half of a surrogate pair (\\ud800 to \\udfff), at byte "
                + std::to_string(*bad),
            where);
    return *text;
}

Expected<std::vector<std::int32_t>> readTokenIds(const JsonValue& value, const std::string& where)
{
    if (!value.array() || value.array()->empty())
        return fail("'token_ids' must be a non-empty list of integers", where);
    std::vector<std::int32_t> ids;
    ids.reserve(value.array()->size());
    for (const auto& item : *value.array()) {
        const auto* id = std::get_if<std::uint64_t>(&item.data);
        if (!id || *id > std::uint64_t(INT32_MAX))
            return fail(
                "'token_ids' entry " + std::to_string(ids.size()) + " is not an integer in 0..2147483647", where);
        ids.push_back(static_cast<std::int32_t>(*id));
    }
    return ids;
}

Expected<void> readLabels(const JsonValue& labels, const std::string& where, std::map<std::string, std::string>& into)
{
    if (!labels.object())
        return fail("'labels' is not an object", where);
    for (const auto& [key, value] : *labels.object()) {
        const auto name = "label '" + printable(key.substr(0, 80)) + "'";
        if (!isLabelName(key))
            return fail(
                "label name '" + printable(key.substr(0, 80)) + "' is empty or holds '/', '=' or a line break", where);
        if (value.repeated)
            return fail(name + " is there twice, with different values", where);
        auto text = labelText(value);
        if (!text)
            return fail(name + " " + text.error().what, where);
        if (*text)
            into[key] = std::move(**text);
    }
    return {};
}

}

Expected<JsonPrompt> readJsonPrompt(std::string_view json, const std::string& where, KeysBesideText& keys)
{
    auto parsed = parsePythonJson(json, kLimits, where);
    if (!parsed) {
        Error error = std::move(parsed).error();
        error.hint = "an object with 'text' or 'token_ids', 'name', 'labels' is expected";
        return tl::unexpected(std::move(error));
    }
    const JsonValue& object = *parsed;
    if (!object.object())
        return fail(std::string(object.kind()) + ", not a JSON object", where);
    for (const auto key : kOwnKeys) {
        if (const auto* value = object.find(key); value && value->repeated)
            return fail("'" + std::string(key) + "' is there twice, with different values", where);
    }

    JsonPrompt document;
    Prompt& prompt = document.prompt;
    prompt.source = where;
    const auto* text = given(object, "text");
    const auto* ids = given(object, "token_ids");
    if (text && ids)
        return fail("has both 'text' and 'token_ids'", where);
    if (!text && !ids)
        return fail("has neither 'text' nor 'token_ids'", where, keysOf(object));
    if (text) {
        ES_ASSIGN(prompt.text, readText(*text, "text", where));
        if (prompt.text.empty())
            return fail("'text' is empty", where);
    } else {
        ES_ASSIGN(prompt.tokenIds, readTokenIds(*ids, where));
    }
    if (const auto* name = given(object, "name")) {
        ES_ASSIGN(prompt.name, readText(*name, "name", where));
    }
    if (const auto* labels = given(object, "labels"))
        ES_TRY(readLabels(*labels, where, prompt.labels));
    for (const auto& [key, value] : *object.object()) {
        if (std::ranges::find(kOwnKeys, key) == kOwnKeys.end())
            keys.add(key, value, document.beside);
    }
    return document;
}

}
