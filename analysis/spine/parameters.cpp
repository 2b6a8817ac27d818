// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/spine/parameters.h"

#include "io/base/named.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>
#include <optional>

namespace expertscope {

namespace {

std::vector<std::string> split(const std::string& list)
{
    std::vector<std::string> parts(1);
    for (const char c : list) {
        if (c == '/')
            parts.emplace_back();
        else
            parts.back() += c;
    }
    return parts;
}

std::optional<double> toNumber(const std::string& text)
{
    double value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

std::string plain(double value)
{
    char buffer[32];
    return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

Expected<void> checkNumber(const ParameterSpec& spec, const std::string& text)
{
    const auto value = toNumber(text);
    if (!value)
        return fail("parameter '" + spec.name + "': '" + text + "' is no number");
    if (spec.whole && *value != std::floor(*value))
        return fail("parameter '" + spec.name + "': " + text + " is no whole number");
    if (*value < spec.least || *value > spec.most)
        return fail("parameter '" + spec.name + "': " + text + " is not from " + plain(spec.least) + " to "
            + plain(spec.most));
    return {};
}

Expected<void> checkValue(const ParameterSpec& spec, const std::string& text)
{
    switch (spec.kind) {
    case ParameterSpec::Kind::Number:
        return checkNumber(spec, text);
    case ParameterSpec::Kind::Numbers:
        for (const std::string& part : split(text))
            ES_TRY(checkNumber(spec, part));
        break;
    case ParameterSpec::Kind::Text:
        break;
    case ParameterSpec::Kind::Choices:
        for (const std::string& part : split(text)) {
            if (std::ranges::find(spec.choices, part) == spec.choices.end())
                return fail("parameter '" + spec.name + "': unknown '" + part + "'", {},
                    nearestHint(part, spec.choices, "known: " + joined(spec.choices)));
        }
        break;
    }
    return {};
}

}

Expected<Parameters> Parameters::check(
    const std::vector<ParameterSpec>& specs, const std::map<std::string, std::string>& given)
{
    Parameters parameters;
    for (const ParameterSpec& spec : specs)
        parameters.m_values[spec.name] = spec.standard;
    for (const auto& [name, value] : given) {
        const ParameterSpec* const spec = named(specs, name);
        if (!spec)
            return fail("no parameter '" + name + "'", {}, specs.empty() ? "it has none" : nameHint(specs, name));
        ES_TRY(checkValue(*spec, value));
        parameters.m_values[name] = value;
    }
    return parameters;
}

double Parameters::number(const std::string& name) const
{
    return numbers(name).front();
}

std::vector<double> Parameters::numbers(const std::string& name) const
{
    std::vector<double> values;
    for (const std::string& part : split(text(name)))
        values.push_back(toNumber(part).value_or(0)); // checked before
    return values;
}

const std::string& Parameters::text(const std::string& name) const
{
    const auto found = m_values.find(name);
    assert(found != m_values.end());
    return found->second;
}

std::vector<std::string> Parameters::choices(const std::string& name) const
{
    return split(text(name));
}

}
