// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/serve/serve_request.h"

#include "io/base/json.h"
#include "io/base/text.h"
#include "io/base/utf8.h"
#include "io/serve/json_line.h"

#include <limits>

namespace expertscope {

namespace {

constexpr JsonLimits kRequestLimits{kServeRequestBytes, 1u << 18, 8};

Expected<std::uint64_t> idOf(const JsonValue& value)
{
    if (const auto* id = std::get_if<std::uint64_t>(&value.data))
        return *id;
    return fail("is no whole number from 0 on", "request: id");
}

Expected<std::vector<std::int32_t>> idsOf(const JsonValue& value)
{
    const auto* list = value.array();
    if (!list || list->empty())
        return fail("is no list of token ids", "request: token_ids");
    if (list->size() > kServeTokens)
        return fail(std::to_string(list->size()) + " tokens are more than " + std::to_string(kServeTokens),
            "request: token_ids", "capture takes prompts of any length");
    std::vector<std::int32_t> ids;
    for (const JsonValue& entry : *list) {
        const auto* id = std::get_if<std::uint64_t>(&entry.data);
        if (!id || *id > std::uint64_t{std::numeric_limits<std::int32_t>::max()})
            return fail("token " + std::to_string(ids.size()) + " is no token id", "request: token_ids");
        ids.push_back(static_cast<std::int32_t>(*id));
    }
    return ids;
}

}

Expected<ServeRequest> parseServeRequest(std::string_view line, std::optional<std::uint64_t>& id)
{
    id.reset();
    ES_ASSIGN(const JsonValue value, parseStrictJson(line, kRequestLimits, "request"));
    const auto* object = value.object();
    if (!object)
        return fail(std::string("is ") + value.kind() + ", no object", "request");
    if (const JsonValue* found = value.find("id")) {
        ES_ASSIGN(id, idOf(*found));
    }
    const JsonValue* kind = value.find("request");
    if (!kind || !kind->string())
        return fail("has no field 'request' that is a text", "request", "known: route, cancel, stop");
    ServeRequest request;
    const std::string& name = *kind->string();
    if (name == "route")
        request.kind = ServeRequest::Kind::Route;
    else if (name == "cancel")
        request.kind = ServeRequest::Kind::Cancel;
    else if (name == "stop")
        request.kind = ServeRequest::Kind::Stop;
    else
        return fail("there is no request '" + printable(name.substr(0, 40)) + "'", "request", "known: route, cancel, stop");
    const bool route = request.kind == ServeRequest::Kind::Route;
    for (const auto& [key, member] : *object) {
        if (key == "request" || (key == "id" && request.kind != ServeRequest::Kind::Stop))
            continue;
        if (route && key == "text") {
            if (!member.string())
                return fail(std::string("is ") + member.kind() + ", no text", "request: text");
            if (const auto at = invalidUtf8At(*member.string()))
                return fail("byte " + std::to_string(*at) + " is not UTF-8", "request: text");
            request.text = *member.string();
        } else if (route && key == "token_ids") {
            ES_ASSIGN(request.tokenIds, idsOf(member));
        } else if (route && key == "logits") {
            if (!member.boolean())
                return fail(std::string("is ") + member.kind() + ", neither true nor false", "request: logits");
            request.logits = *member.boolean();
        } else {
            return fail("unknown field '" + printable(std::string_view(key).substr(0, 40)) + "' in a request '" + name + "'",
                "request", "the capabilities say which are known");
        }
    }
    if (request.kind == ServeRequest::Kind::Stop)
        return request;
    if (!id)
        return fail("has no id", "request", "any whole number, by which the answer is told");
    request.id = *id;
    if (route && request.text.has_value() == !request.tokenIds.empty())
        return fail("takes either 'text' or 'token_ids'", "request");
    return request;
}

std::string lineOf(const ServeRequest& request)
{
    JsonLine line;
    switch (request.kind) {
    case ServeRequest::Kind::Stop:
        return line.add("request", "stop").line();
    case ServeRequest::Kind::Cancel:
        return line.add("request", "cancel").add("id", request.id).line();
    case ServeRequest::Kind::Route:
        break;
    }
    line.add("request", "route").add("id", request.id);
    if (request.text)
        line.add("text", *request.text);
    else
        line.add("token_ids", request.tokenIds);
    if (request.logits)
        line.add("logits", true);
    return line.line();
}

}
