// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/reading/remark_text.h"

#include "analysis/results/remark_sentences.h"
#include "app/cli/terminal/table.h"

#include <algorithm>

namespace expertscope {

using namespace results;

namespace {

constexpr std::string_view kUnbroken = "\uE000"; // a space where no line ends, as wide as one

std::string replaced(std::string text, std::string_view what, std::string_view with)
{
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
        text.replace(at, what.size(), with);
    return text;
}

std::string unbroken(std::string text)
{
    return replaced(std::move(text), " ", kUnbroken);
}

std::string broken(std::string text)
{
    return replaced(std::move(text), kUnbroken, " ");
}

std::string lineOf(const RemarkSentence& said, const Page& page)
{
    std::string text = "  " + said.place + ": " + said.before
        + (said.more ? page.emphasis.above(said.value) : page.emphasis.below(said.value)) + said.after;
    if (!said.beside.empty())
        text += ' ' + unbroken('(' + said.beside + ')');
    return broken(wrapped(text, page.width, 4));
}

/// The heading, bold up to its colon, and as many of the remarks as fit below it; those of a metric together.
std::string fitted(const RemarkPage& remarks, const Page& page)
{
    if (remarks.title.empty())
        return {};
    std::string head = wrapped(remarks.title + ": " + remarks.rest, page.width, remarks.sentences.empty() ? 2 : 0);
    if (remarks.sentences.empty())
        return head;
    const std::size_t colon = head.find(':') + 1;
    head = page.emphasis.strong(head.substr(0, colon)) + head.substr(colon);
    std::size_t lines = std::size_t(std::ranges::count(head, '\n'));
    std::vector<std::pair<std::string, std::string>> families;
    for (const RemarkSentence& said : remarks.sentences) {
        const std::string text = lineOf(said, page);
        lines += std::size_t(std::ranges::count(text, '\n'));
        if (lines > kRemarkLines)
            break;
        auto found = std::ranges::find(families, said.family, [](const auto& entry) { return entry.first; });
        if (found == families.end())
            found = families.insert(found, {said.family, {}});
        found->second += text;
    }
    for (const auto& [family, text] : families)
        head += text;
    return head;
}

}

std::string remarkText(const Results& results, const std::vector<std::uint16_t>& layers, const Page& page)
{
    return fitted(remarkPage(results, layers, kRemarkLines), page);
}

std::string remarkText(const Comparison& comparison, const std::vector<std::uint16_t>& layers, const Page& page)
{
    return fitted(remarkPage(comparison, layers, kRemarkLines), page);
}

}
