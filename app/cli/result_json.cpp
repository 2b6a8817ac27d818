// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/result_output.h"

#include <nlohmann/json.hpp>

#include <ostream>

namespace expertscope {

namespace {

using Json = nlohmann::ordered_json;

std::string dumped(const Json& json)
{
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json object(const std::vector<std::pair<std::string, std::string>>& pairs)
{
    Json json = Json::object();
    for (const auto& [name, value] : pairs)
        json[name] = value;
    return json;
}

template <class Value> Json orNull(const std::optional<Value>& value)
{
    return value ? Json(*value) : Json(nullptr);
}

Json rowJson(const ResultRow& row)
{
    Json json;
    json["metric"] = row.metric;
    json["params"] = Json::object();
    for (const auto& [name, value] : row.params)
        json["params"][name] = std::visit([](const auto& v) { return Json(v); }, value);
    json["site"] = row.site ? Json(row.site->value) : Json(nullptr);
    json["expert"] = row.expert ? Json(row.expert->value) : Json(nullptr);
    json["label"] = row.label ? Json{{row.label->first, row.label->second}} : Json(nullptr);
    json["other"] = row.other.empty() ? Json(nullptr) : Json(row.other);
    json["value"] = orNull(row.value);
    json["unit"] = row.unit;
    json["n"] = row.n;
    json["uniform"] = orNull(row.uniform);
    json["interval"] = row.interval ? Json::array({row.interval->first, row.interval->second}) : Json(nullptr);
    json["undefined"] = row.undefined.empty() ? Json(nullptr) : Json(row.undefined);
    return json;
}

}

void writeJson(std::ostream& out, const ResultOrigin& origin, const std::vector<ResultRow>& rows)
{
    out << "{\"trace\": " << dumped(object(origin.trace)) << ",\n \"tool\": " << dumped(object(origin.tool))
        << ",\n \"options\": " << dumped(object(origin.options)) << ",\n \"rows\": [";
    const char* separator = "\n";
    for (const ResultRow& row : rows) { // one at a time: the rows of a big model are many
        out << separator << "  " << dumped(rowJson(row));
        separator = ",\n";
    }
    out << "\n ]}\n";
}

}
