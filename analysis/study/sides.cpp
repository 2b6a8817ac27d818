// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/study/sides.h"

#include "analysis/study/condition.h"
#include "analysis/study/expert_sets.h"
#include "io/base/text.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace expertscope {

namespace {

constexpr const char* kWhere = "against";
constexpr const char* kHint = "such as language=fr, language!=de, or a label alone: whatever its value; quotes hold spaces";
constexpr char kOfTokens = '@'; ///< what is no label

/// A label, or what single tokens are chosen by, of which a side has conditions.
struct Topic
{
    std::string name;
    bool label = true;

    bool operator==(const Topic&) const = default;
};

const Topic kChose{"@chose", false}, kSpared{"@spared", false}, kTokens{"@tokens", false},
    kValue{"@having", false};

bool isSpace(char c)
{
    return std::isspace(static_cast<unsigned char>(c)) != 0;
}

void addTopic(std::vector<Topic>& topics, Topic topic)
{
    if (std::ranges::find(topics, topic) == topics.end())
        topics.push_back(std::move(topic));
}

std::vector<Topic> topicsOf(const Scope& scope)
{
    std::vector<Topic> topics;
    for (const auto* filters : {&scope.where, &scope.without}) {
        for (const LabelFilter& filter : *filters)
            addTopic(topics, {filter.label});
    }
    if (!scope.chose.empty() || !scope.choseAny.empty())
        topics.push_back(kChose);
    if (!scope.spared.empty() || !scope.sparedAny.empty())
        topics.push_back(kSpared);
    if (!scope.values.empty())
        topics.push_back(kValue);
    if (scope.tokens)
        topics.push_back(kTokens);
    return topics;
}

void forget(Scope& scope, const Topic& topic)
{
    if (topic == kChose)
        scope.chose.clear(), scope.choseAny.clear();
    else if (topic == kSpared)
        scope.spared.clear(), scope.sparedAny.clear();
    else if (topic == kValue)
        scope.values.clear();
    else if (topic == kTokens)
        scope.tokens.reset();
    for (auto* filters : {&scope.where, &scope.without}) {
        if (topic.label)
            std::erase_if(*filters, [&](const LabelFilter& filter) { return filter.label == topic.name; });
    }
}

/// Only what `scope` asks of `topic`.
Scope onlyOf(const Scope& scope, const Topic& topic)
{
    Scope only;
    if (topic == kChose)
        only.chose = scope.chose, only.choseAny = scope.choseAny;
    else if (topic == kSpared)
        only.spared = scope.spared, only.sparedAny = scope.sparedAny;
    else if (topic == kValue)
        only.values = scope.values;
    else if (topic == kTokens)
        only.tokens = scope.tokens;
    const auto keep = [&](const std::vector<LabelFilter>& from, std::vector<LabelFilter>& to) {
        std::ranges::copy_if(from, std::back_inserter(to),
            [&](const LabelFilter& filter) { return topic.label && filter.label == topic.name; });
    };
    keep(scope.where, only.where);
    keep(scope.without, only.without);
    return only;
}

/// A name in front of '=', in quotes where it needs them.
std::string labelText(const std::string& label)
{
    std::string text = conditionText({label, "x"});
    text.resize(text.size() - 2);
    return label.starts_with(kOfTokens) && !text.starts_with('"') ? '"' + text + '"' : text;
}

std::string conditionOf(const LabelFilter& filter, bool keep)
{
    const std::string text = conditionText(filter, keep);
    return text.starts_with(kOfTokens) ? labelText(filter.label) + text.substr(filter.label.size()) : text;
}

/// What a side asks of a topic, as it stands in a row; empty: nothing.
std::string conditionsOn(const Scope& scope, const Topic& topic)
{
    const Scope only = onlyOf(scope, topic);
    std::string text;
    for (const LabelFilter& filter : only.where)
        addPart(text, conditionOf(filter, true), " ");
    for (const LabelFilter& filter : only.without)
        addPart(text, conditionOf(filter, false), " ");
    for (const auto* single : {&only.chose, &only.spared}) {
        for (const ExpertAt& at : *single)
            addPart(text, topic.name + '=' + expertsText({{at}}), " ");
    }
    for (const auto* sets : {&only.choseAny, &only.sparedAny}) {
        for (const ExpertSet& set : *sets)
            addPart(text, topic.name + '=' + expertsText(set), " ");
    }
    for (const std::string& condition : valueConditionTexts(only.values))
        addPart(text, topic.name + '=' + condition, " ");
    if (only.tokens)
        addPart(text,
            topic.name + '=' + std::to_string(only.tokens->begin.value) + ':' + std::to_string(only.tokens->end.value),
            " ");
    return text;
}

template <class A, class B> std::optional<std::pair<A, B>> numbersAt(std::string_view text, char separator)
{
    std::pair<A, B> numbers{};
    const char* const end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, numbers.first);
    if (first.ec != std::errc() || first.ptr == end || *first.ptr != separator)
        return std::nullopt;
    const auto second = std::from_chars(first.ptr + 1, end, numbers.second);
    if (second.ec != std::errc() || second.ptr != end)
        return std::nullopt;
    return numbers;
}

/// "@chose=s3:27": adds it, and says what it is about.
Expected<Topic> addOfTokens(const std::string& part, Scope& to)
{
    const auto equals = part.find('=');
    const std::string name = part.substr(0, equals), value = equals == part.npos ? "" : part.substr(equals + 1);
    for (const Topic* const topic : {&kChose, &kSpared}) {
        if (name != topic->name)
            continue;
        if (equals == part.npos)
            return *topic;
        ES_ASSIGN(ExpertSet set, parseExperts(value, kWhere));
        const bool chose = topic == &kChose;
        if (set.experts.size() == 1 && set.ofLayers.empty() && set.name.empty())
            (chose ? to.chose : to.spared).push_back(set.experts.front());
        else
            (chose ? to.choseAny : to.sparedAny).push_back(std::move(set));
        return *topic;
    }
    if (name == kValue.name) {
        if (equals != part.npos) {
            ES_ASSIGN(to.values.emplace_back(), parseValueCondition(value, kWhere));
        }
        return kValue;
    }
    if (name != kTokens.name)
        return fail("'" + part + "' is no condition", kWhere, "there is: @chose, @spared, @having, @tokens");
    const auto range = numbersAt<std::uint64_t, std::uint64_t>(value, ':');
    if (range && range->first < range->second)
        to.tokens = TokenRange{TokenIndex(range->first), TokenIndex(range->second)};
    else if (equals != part.npos)
        return fail("'" + part + "' is no range", kWhere, "such as @tokens=0:4096, the last one not in it");
    return kTokens;
}

/// A label or a condition on it: adds it, and says what it is about.
Expected<Topic> addOfLabel(const std::string& part, const Scope& from, Scope& to)
{
    auto condition = parseCondition(part);
    if (condition) {
        const Topic topic{condition->filter.label};
        (condition->keep ? to.where : to.without).push_back(std::move(condition->filter));
        return topic;
    }
    const auto alone = parseCondition(part + "=x");
    const bool known = alone && !onlyOf(from, {alone->filter.label}).everything();
    if (known && alone->filter.value == "x" && alone->filter.alternatives.empty())
        return Topic{alone->filter.label};
    Error error = condition.error();
    error.where = kWhere;
    error.hint = kHint;
    return tl::unexpected(std::move(error));
}

/// Of one topic, both sides keeping: the values alone. Else conditions.
std::string nameOf(const Scope& scope, const std::vector<Topic>& topics)
{
    std::string name;
    for (const Topic& topic : topics) {
        const Scope only = onlyOf(scope, topic);
        if (topics.size() == 1 && only.where.size() + only.without.size() == 1) {
            const bool keep = only.without.empty();
            const LabelFilter& filter = keep ? only.where.front() : only.without.front();
            name = (keep ? "" : "not ") + (filter.value.empty() ? "\"\"" : filter.value);
            for (const std::string& value : filter.alternatives)
                name += '|' + value;
            return name;
        }
        if (std::string text = conditionsOn(scope, topic); !text.empty())
            addPart(name, std::move(text), ", ");
    }
    return name.empty() ? "all" : name;
}

std::vector<Topic> differing(const Scope& a, const Scope& b)
{
    std::vector<Topic> topics = topicsOf(a), different;
    for (const Topic& topic : topicsOf(b))
        addTopic(topics, topic);
    for (const Topic& topic : topics) {
        if (!(onlyOf(a, topic) == onlyOf(b, topic)))
            different.push_back(topic);
    }
    return different;
}

}

std::vector<std::string> conditionsInRow(const std::string& row)
{
    std::vector<std::string> parts;
    bool quoted = false, inside = false;
    for (std::size_t i = 0; i < row.size(); ++i) {
        if (!quoted && isSpace(row[i])) {
            inside = false;
            continue;
        }
        if (!std::exchange(inside, true))
            parts.emplace_back();
        if (quoted && row[i] == '\\' && i + 1 < row.size())
            parts.back() += row[i++];
        else if (row[i] == '"')
            quoted = !quoted;
        parts.back() += row[i];
    }
    return parts;
}

Expected<Scope> scopeAgainst(const Scope& scope, const std::vector<std::string>& parts)
{
    Scope asked;
    std::vector<Topic> topics;
    for (const std::string& part : parts) {
        ES_ASSIGN(
            Topic topic, part.starts_with(kOfTokens) ? addOfTokens(part, asked) : addOfLabel(part, scope, asked));
        addTopic(topics, std::move(topic));
    }
    Scope other = scope;
    for (const Topic& topic : topics)
        forget(other, topic);
    const auto add = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    add(other.where, asked.where);
    add(other.without, asked.without);
    add(other.chose, asked.chose);
    add(other.spared, asked.spared);
    add(other.choseAny, asked.choseAny);
    add(other.sparedAny, asked.sparedAny);
    add(other.values, asked.values);
    if (asked.tokens)
        other.tokens = asked.tokens;
    return other;
}

std::string againstText(const Scope& from, const Scope& to)
{
    std::string row;
    for (const Topic& topic : differing(from, to)) {
        std::string text = conditionsOn(to, topic);
        if (text.empty())
            text = topic.label ? labelText(topic.name) : topic.name;
        addPart(row, std::move(text), " ");
    }
    return row;
}

Scope commonOf(const Scope& a, const Scope& b)
{
    Scope common = a;
    for (const Topic& topic : differing(a, b))
        forget(common, topic);
    return common;
}

Expected<std::size_t> traceNamed(const Study& study, const std::string& given)
{
    const auto& traces = study.traces();
    auto found = std::size_t(std::ranges::find(traces, given, &NamedTrace::name) - traces.begin());
    std::size_t place = 0;
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), place);
    if (found == traces.size() && error == std::errc() && end == given.data() + given.size())
        found = place - 1; // 0 wraps to what there is not
    if (found < traces.size())
        return found;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < traces.size(); ++i)
        names.push_back(std::to_string(i + 1) + " (" + traces[i].name + ")");
    return fail(traces.size() < 2 ? "one trace was opened: there is no other" : "no such trace",
        "against_trace=" + given, "there is: " + joined(names));
}

Expected<Side> sideAgainst(const Study& study, const Side& a, const std::string& row, const std::string& trace)
{
    Side b = a;
    if (!trace.empty()) {
        ES_ASSIGN(b.trace, traceNamed(study, trace));
        if (b.trace == a.trace && row.empty())
            return fail("a trace is not compared with itself", "against_trace=" + trace, "name the other one");
    }
    ES_ASSIGN(b.scope, scopeAgainst(a.scope, conditionsInRow(row)));
    if (b.trace == a.trace && differing(a.scope, b.scope).empty())
        return fail("both sides are the same tokens", std::string(kWhere) + '=' + row, "name other ones");
    return b;
}

Expected<void> checkSides(const Study& study, const Side& a, const Side& b, const Progress& progress)
{
    for (const Side* const side : {&a, &b}) {
        auto pass = study.passOf(side->trace, side->scope, progress);
        if (pass)
            continue;
        Error error = pass.error();
        if (error.what != kCancelled)
            error.what = std::string(side == &a ? "side A: " : "side B: ") + error.what;
        return tl::unexpected(std::move(error));
    }
    return {};
}

std::pair<std::string, std::string> sideNames(const Study& study, const Side& a, const Side& b)
{
    std::pair<std::string, std::string> names;
    const std::vector<Topic> topics = differing(a.scope, b.scope);
    if (!topics.empty())
        names = {nameOf(a.scope, topics), nameOf(b.scope, topics)};
    if (a.trace != b.trace) {
        const auto with = [&](const Side& side, const std::string& tokens) {
            const std::string& trace = study.traces()[side.trace].name;
            return tokens.empty() ? trace : trace + ", " + tokens;
        };
        names = {with(a, names.first), with(b, names.second)};
    }
    return names;
}

std::string describe(const Study& study, const Side& side)
{
    const std::string tokens = describeTokens(side.scope, study.shape(side.trace));
    if (study.traces().size() < 2)
        return tokens.empty() ? "all tokens" : tokens;
    return study.traces()[side.trace].name + (tokens.empty() ? "" : ", " + tokens);
}

}
