// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/results/json_fields.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>

namespace expertscope::results {

using Json = nlohmann::ordered_json;

namespace {

/// The member, or null.
const Json& member(const Json& json, const char* name)
{
    static const Json null;
    const auto found = json.find(name);
    return found == json.end() ? null : *found;
}

Expected<std::string> text(const Json& json, const char* name, const std::string& missing)
{
    const Json& value = member(json, name);
    if (value.is_null())
        return missing;
    if (!value.is_string())
        return fail(std::string("'") + name + "' is no text");
    return value.get<std::string>();
}

Expected<std::optional<double>> number(const Json& json, const char* name)
{
    const Json& value = member(json, name);
    if (value.is_null())
        return std::optional<double>();
    if (!value.is_number() || !std::isfinite(value.get<double>()))
        return fail(std::string("'") + name + "' is no number");
    return std::optional(value.get<double>());
}

template <class Index> Expected<std::optional<Index>> index(const Json& json, const char* name)
{
    const Json& value = member(json, name);
    if (value.is_null())
        return std::optional<Index>();
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() >= 65535)
        return fail(std::string("'").append(name).append("' is no index from 0 to 65534"));
    return std::optional(Index(value.get<std::uint16_t>()));
}

/// What rows and matrices share.
template <class Row> Expected<void> readCommon(const Json& json, Row& row)
{
    if (!json.is_object())
        return fail("is no object");
    ES_ASSIGN(row.metric, text(json, "metric", ""));
    if (row.metric.empty())
        return fail("has no 'metric'");
    ES_ASSIGN(row.params, toParams(member(json, "params")));
    ES_ASSIGN(row.site, index<SiteIndex>(json, "site"));
    if (const Json& label = member(json, "label"); !label.is_null()) {
        auto pairs = toPairs(label);
        if (!pairs || pairs->size() != 1)
            return fail("'label' is no object with one text in it");
        row.label = std::move(pairs->front());
    }
    auto other = toTexts(member(json, "other"));
    if (!other)
        return fail("'other': " + other.error().what);
    row.other = std::move(*other);
    ES_ASSIGN(row.unit, text(json, "unit", "1"));
    const Json& n = member(json, "n");
    if (!n.is_null() && !n.is_number_unsigned())
        return fail("'n' is no count");
    row.n = n.is_null() ? 0 : n.get<std::uint64_t>();
    ES_ASSIGN(row.uniform, number(json, "uniform"));
    return {};
}

Expected<ResultMatrix::Axis> toAxis(const Json& json)
{
    ResultMatrix::Axis axis;
    if (!json.is_object())
        return fail("is no object");
    ES_ASSIGN(axis.name, text(json, "name", ""));
    const Json& keys = member(json, "keys");
    if (axis.name.empty() || !keys.is_array())
        return fail("has no 'name' or no 'keys'");
    for (const Json& key : keys) {
        if (!key.is_string())
            return fail("has a key that is no text");
        axis.keys.push_back(key.get<std::string>());
    }
    return axis;
}

/// Nested arrays of the lengths of the axes. `depth`: axes done.
Expected<void> readValues(const Json& json, const ResultMatrix& matrix, std::size_t depth, std::vector<double>& values)
{
    if (depth == matrix.axes.size()) {
        if (json.is_null())
            values.push_back(std::numeric_limits<double>::quiet_NaN());
        else if (json.is_number())
            values.push_back(json.get<double>());
        else
            return fail("'values' holds what is no number");
        return {};
    }
    const ResultMatrix::Axis& axis = matrix.axes[depth];
    if (!json.is_array() || json.size() != axis.keys.size())
        return fail(
            "'values' does not have " + std::to_string(axis.keys.size()) + " entries along axis '" + axis.name + "'");
    for (const Json& part : json)
        ES_TRY(readValues(part, matrix, depth + 1, values));
    return {};
}

}

Expected<std::optional<std::uint16_t>> toLayer(const Json& json, const char* name)
{
    return index<std::uint16_t>(json, name);
}

Expected<ResultRow> toRow(const Json& json)
{
    ResultRow row;
    ES_TRY(readCommon(json, row));
    ES_ASSIGN(row.expert, index<ExpertIndex>(json, "expert"));
    ES_ASSIGN(row.value, number(json, "value"));
    if (const Json& interval = member(json, "interval"); !interval.is_null()) {
        if (!interval.is_array() || interval.size() != 2 || !interval[0].is_number() || !interval[1].is_number())
            return fail("'interval' is not [low, high]");
        row.interval = {interval[0].get<double>(), interval[1].get<double>()};
    }
    ES_ASSIGN(row.uniformSd, number(json, "uniform_sd"));
    ES_ASSIGN(row.undefined, text(json, "undefined", ""));
    ES_ASSIGN(row.uniformUndefined, text(json, "uniform_undefined", ""));
    return row;
}

Expected<ResultMatrix> toMatrix(const Json& json)
{
    ResultMatrix matrix;
    ES_TRY(readCommon(json, matrix));
    const Json& axes = member(json, "axes");
    if (!axes.is_array() || axes.empty() || axes.size() > kMostMatrixAxes)
        return fail("'axes' is no list of 1 to " + std::to_string(kMostMatrixAxes) + " axes");
    for (const Json& axis : axes) {
        auto read = toAxis(axis);
        if (!read)
            return fail("axis " + std::to_string(matrix.axes.size()) + " " + read.error().what);
        matrix.axes.push_back(std::move(*read));
    }
    ES_TRY(readValues(member(json, "values"), matrix, 0, matrix.values));
    return matrix;
}

}
