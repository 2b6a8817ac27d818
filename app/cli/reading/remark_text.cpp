// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/reading/remark_text.h"

#include "app/cli/reading/measure_words.h"
#include "app/cli/terminal/table.h"
#include "io/base/grouped.h"
#include "io/base/text.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

namespace expertscope {

using namespace results;

namespace {

using Layers = std::vector<std::uint16_t>;

/// Digits behind the point that show `digits` significant ones of a number.
int decimalsFor(double value, int digits)
{
    return value == 0 ? 0 : std::clamp(digits - 1 - int(std::floor(std::log10(std::abs(value)))), 0, 6);
}

std::string fixed(double value, int decimals)
{
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", decimals, value);
    return text;
}

std::string brief(double value)
{
    const bool nothing = std::abs(value) < 1e-6;
    return nothing || value == std::floor(value) ? fixed(value, 0) : fixed(value, decimalsFor(value, 3));
}

/// "1.00 ± 0.03"
std::string withNoise(double value, double noise)
{
    const int decimals = std::max(decimalsFor(noise, 1), std::min(decimalsFor(value, 3), decimalsFor(noise, 2)));
    return fixed(value, decimals) + " ± " + fixed(noise, decimals);
}

/// "layer 5"; with several sites in a layer "site 7 (layer 5)"; where layers are not known "site 7".
std::string siteText(int site, const Layers& layers)
{
    if (std::size_t(site) >= layers.size())
        return "site " + std::to_string(site);
    const std::string layer = "layer " + std::to_string(layers[std::size_t(site)]);
    return std::ranges::count(layers, layers[std::size_t(site)]) == 1
        ? layer
        : "site " + std::to_string(site) + " (" + layer + ')';
}

/// "6" for the layer of a second site where that is how sites are told, else its number.
std::string targetText(const std::string& site, const Layers& layers)
{
    const unsigned long number = std::strtoul(site.c_str(), nullptr, 10);
    if (number >= layers.size())
        return printable(site);
    const std::string text = siteText(int(number), layers);
    return text.starts_with("layer ") ? text.substr(6) : text;
}

std::optional<std::string> keyOf(const ResultRow& row, const std::string& name)
{
    if (const auto param = row.params.find(name); param != row.params.end()) {
        const double* const number = std::get_if<double>(&param->second);
        return number ? format("%g", *number) : std::get<std::string>(param->second);
    }
    const auto other = row.other.find(name);
    return other == row.other.end() ? std::nullopt : std::optional(other->second);
}

/// The words with the value and the row's keys in them; `used` gets the names of the keys.
std::string sentenceOf(const ResultRow& row, const std::string& value, std::set<std::string>& used)
{
    const std::string words = wordsOf(row.metric);
    std::string text;
    for (std::size_t at = 0; at < words.size();) {
        const std::size_t open = words.find('{', at);
        text += words.substr(at, open - at);
        if (open == std::string::npos)
            break;
        const std::size_t close = words.find('}', open);
        const std::string name = words.substr(open + 1, close - open - 1);
        used.insert(name);
        text += name.empty() ? value : printable(keyOf(row, name).value_or("?"));
        at = close + 1;
    }
    return text;
}

std::string placeOf(const ResultRow& row, const Layers& layers, const std::set<std::string>& used)
{
    std::string place;
    if (row.label)
        addPart(place, row.label->first + '=' + row.label->second);
    if (row.site) {
        std::string site = siteText(row.site->value, layers);
        if (const auto to = row.other.find("to_site"); to != row.other.end())
            site += " to " + targetText(to->second, layers);
        addPart(place, site);
    }
    if (row.expert)
        addPart(place, "expert " + std::to_string(row.expert->value));
    for (const auto& [name, value] : row.other) {
        if (name != "to_site" && !used.contains(name))
            addPart(place, name + ' ' + value);
    }
    return place.empty() ? "all layers" : printable(place);
}

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

std::string lineOf(const Remark& remark, const Layers& layers, const Page& page)
{
    const bool compares = remark.other.has_value();
    const bool more = compares ? *remark.other > remark.value : remark.value > remark.uniform.value_or(0);
    const std::string value = compares ? brief(remark.value) + " → " + brief(*remark.other) : brief(remark.value);
    std::set<std::string> used;
    std::string text = sentenceOf(*remark.row, more ? page.emphasis.above(value) : page.emphasis.below(value), used);
    std::string beside;
    if (compares && remark.noise)
        addPart(beside, "± " + fixed(*remark.noise, decimalsFor(*remark.noise, 2)));
    if (remark.uniform)
        addPart(beside,
            "uniform "
                + (remark.noise && !compares ? withNoise(*remark.uniform, *remark.noise) : brief(*remark.uniform)));
    if (!beside.empty())
        text += ' ' + unbroken('(' + beside + ')');
    return broken(wrapped("  " + placeOf(*remark.row, layers, used) + ": " + text, page.width, 4));
}

/// The heading, bold up to its colon, and as many of the remarks as fit below it; those of a metric together.
std::string fitted(const std::string& heading, const Remarks& remarks, const Layers& layers, const Page& page)
{
    std::string head = wrapped(heading, page.width, 0);
    const std::size_t colon = head.find(':') + 1;
    head = page.emphasis.strong(head.substr(0, colon)) + head.substr(colon);
    std::size_t lines = std::size_t(std::ranges::count(head, '\n'));
    std::vector<std::pair<std::string, std::string>> families;
    for (const Remark& remark : remarks.told) {
        const std::string text = lineOf(remark, layers, page);
        lines += std::size_t(std::ranges::count(text, '\n'));
        if (lines > kRemarkLines)
            break;
        const std::string family = familyOf(*remark.row);
        auto found = std::ranges::find(families, family, [](const auto& entry) { return entry.first; });
        if (found == families.end())
            found = families.insert(found, {family, {}});
        found->second += text;
    }
    for (const auto& [family, text] : families)
        head += text;
    return head;
}

/// "12 of 340 numbers", "all 340 numbers"
std::string countOf(std::size_t some, std::size_t all)
{
    const std::string numbers = grouped(all) + (all == 1 ? " number" : " numbers");
    return some == all ? "all " + numbers : grouped(some) + " of " + numbers;
}

}

std::string remarkText(const Results& results, const Layers& layers, const Page& page)
{
    const Remarks all = remarksOn(results, kRemarkLines);
    if (all.judged == 0)
        return {};
    if (all.beyond == 0)
        return wrapped("Nothing is remarkable: " + countOf(all.judged, all.judged)
                + " judged lie within the noise of uniform routing.",
            page.width, 2);
    return fitted("Remarkable: farthest from uniform routing, ± the standard deviation of its noise; "
            + countOf(all.beyond, all.judged) + " judged lie beyond it.",
        all, layers, page);
}

std::string remarkText(const Comparison& comparison, const Layers& layers, const Page& page)
{
    const Remarks all = remarksOn(comparison, kRemarkLines);
    if (all.judged == 0)
        return {};
    const bool intervals =
        std::ranges::any_of(comparison.rows, [](const ComparedRow& row) { return row.interval.has_value(); });
    if (all.beyond == 0)
        return wrapped(
            "No difference is larger than its noise: " + countOf(all.judged, all.judged) + " compared.", page.width, 2);
    return fitted("Differs most: A → B, ± the standard deviation of the difference "
            + std::string(intervals ? "by the bootstrap" : "of independent tokens (--bootstrap N measures it)") + "; "
            + countOf(all.beyond, all.judged) + " judged differ by more than noise.",
        all, layers, page);
}

}
