// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/study/value_condition.h"

#include "analysis/study/scope.h"
#include "io/base/named.h"

#include <charconv>
#include <cmath>

namespace expertscope {

namespace {

constexpr const char* kSuchAs = "such as entropy@5>=2.5, margin@s3<0.01 or loss>=4";

template <class T> bool readWhole(std::string_view text, T& number)
{
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

}

Expected<ValueCondition> parseValueCondition(const std::string& text, const std::string& where)
{
    const auto wrong = [&](const std::string& what) { return fail("'" + text + "' " + what, where, kSuchAs); };
    const std::size_t comparison = text.find_first_of("<>");
    if (comparison == text.npos)
        return wrong("compares with no number");
    ValueCondition condition;
    condition.bound.atLeast = text[comparison] == '>';
    std::string_view number = std::string_view(text).substr(comparison + 1);
    if (condition.bound.atLeast != number.starts_with('='))
        return wrong("compares by neither >= nor <");
    if (condition.bound.atLeast)
        number.remove_prefix(1);
    if (!readWhole(number, condition.bound.bound) || !std::isfinite(condition.bound.bound))
        return wrong("compares with no number");
    const std::string before = text.substr(0, comparison);
    const std::size_t at = before.find('@');
    const TokenValueSpec* const value = named(kTokenValues, before.substr(0, at));
    if (!value)
        return wrong("names none of " + namesOf(kTokenValues));
    condition.bound.value = value->value;
    if (value->value == TokenValue::Loss) {
        if (at != before.npos)
            return wrong("names a router: a loss is of the whole model");
        return condition;
    }
    if (at == before.npos)
        return wrong("does not say of which router");
    std::string_view router = std::string_view(before).substr(at + 1);
    const bool place = router.starts_with('s');
    if (place)
        router.remove_prefix(1);
    std::uint16_t index = 0;
    if (!readWhole(router, index))
        return wrong("names no router behind @");
    if (place)
        condition.site = SiteIndex(index);
    else
        condition.layer = index;
    return condition;
}

std::string boundText(const ValueBound& bound)
{
    char digits[32];
    return {digits, std::to_chars(digits, digits + sizeof digits, bound.bound).ptr};
}

std::string valueConditionText(const ValueCondition& condition)
{
    std::string text = specOf(condition.bound.value).name;
    if (condition.layer)
        text += '@' + std::to_string(*condition.layer);
    else if (condition.site)
        text += "@s" + std::to_string(condition.site->value);
    return text + (condition.bound.atLeast ? ">=" : "<") + boundText(condition.bound);
}

std::vector<std::string> valueConditionTexts(const std::vector<ValueCondition>& conditions)
{
    std::vector<std::string> texts;
    for (const ValueCondition& condition : conditions)
        texts.push_back(valueConditionText(condition));
    return texts;
}

Expected<std::vector<SiteIndex>> sitesOf(const ValueCondition& condition, const RoutingShape& shape)
{
    Scope scope;
    if (condition.layer)
        scope.layers = {*condition.layer};
    else
        scope.sites = {condition.site.value_or(SiteIndex(0))};
    return sitesOf(scope, shape);
}

}
