// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/study/condition.h"

#include <algorithm>
#include <optional>

namespace expertscope {

namespace {

constexpr const char* kStrayQuote = "has a quote in the middle: put the whole name or value in quotes, and \\ before it";

/// What is left to be read of a condition.
class Reader
{
public:
    explicit Reader(std::string_view text)
        : m_rest(text)
    {
    }

    bool atEnd() const { return m_rest.empty(); }
    bool take(std::string_view word)
    {
        if (!m_rest.starts_with(word))
            return false;
        m_rest.remove_prefix(word.size());
        return true;
    }
    /// Of a name or value without quotes: all before one of `ends`.
    std::string takeUntil(std::string_view ends)
    {
        const auto end = std::min(m_rest.find_first_of(ends), m_rest.size());
        const std::string taken(m_rest.substr(0, end));
        m_rest.remove_prefix(end);
        return taken;
    }
    /// Behind an opening quote, with the closing one; nothing: there is none.
    std::optional<std::string> takeQuoted()
    {
        std::string text;
        while (!m_rest.empty()) {
            const char c = m_rest.front();
            m_rest.remove_prefix(1);
            if (c == '"')
                return text;
            if (c == '\\' && !m_rest.empty()) {
                text += m_rest.front();
                m_rest.remove_prefix(1);
            } else {
                text += c;
            }
        }
        return std::nullopt;
    }

private:
    std::string_view m_rest;
};

std::string quoted(const std::string& text, bool needed)
{
    const auto breaks = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == '|'; };
    if (!needed && std::ranges::none_of(text, breaks))
        return text;
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            result += '\\';
        result += c;
    }
    return result + '"';
}

}

Expected<Condition> parseCondition(const std::string& text)
{
    const auto wrong = [&](const std::string& what) {
        return fail("'" + text + "' " + what, "--where", R"(such as language=de, language=de|fr, domain!=code, "a=b"="x|y")");
    };
    Reader rest(text);
    Condition condition;
    std::string& label = condition.filter.label;
    if (rest.take("\"")) {
        auto name = rest.takeQuoted();
        if (!name)
            return wrong("has a quote that does not end");
        label = std::move(*name);
        condition.keep = !rest.take("!");
    } else {
        label = rest.takeUntil("=");
        if (label.find('"') != std::string::npos)
            return wrong(kStrayQuote);
        if (label.ends_with('!') && !rest.atEnd()) {
            label.pop_back();
            condition.keep = false;
        }
    }
    if (label.empty() || !rest.take("="))
        return wrong("is no LABEL=VALUE");
    std::vector<std::string> values;
    do {
        std::string value;
        if (rest.take("\"")) {
            auto inQuotes = rest.takeQuoted();
            if (!inQuotes)
                return wrong("has a quote that does not end");
            value = std::move(*inQuotes);
        } else {
            value = rest.takeUntil("|");
            if (value.find('"') != std::string::npos)
                return wrong(kStrayQuote);
        }
        if (std::ranges::find(values, value) == values.end())
            values.push_back(std::move(value));
    } while (rest.take("|"));
    if (!rest.atEnd())
        return wrong("goes on behind a quoted value");
    condition.filter.value = std::move(values.front());
    condition.filter.alternatives.assign(std::make_move_iterator(values.begin() + 1), std::make_move_iterator(values.end()));
    return condition;
}

std::string conditionText(const LabelFilter& filter, bool keep)
{
    const std::string& label = filter.label;
    std::string text = quoted(label, label.find('=') != std::string::npos || label.ends_with('!'));
    text += keep ? "=" : "!=";
    // An empty value says nothing to a reader when others stand beside it.
    const bool several = !filter.alternatives.empty();
    text += quoted(filter.value, several && filter.value.empty());
    for (const std::string& value : filter.alternatives)
        text += '|' + quoted(value, value.empty());
    return text;
}

}
