// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/results/remark_sentences.h"

#include "analysis/results/measure_words.h"
#include "io/base/grouped.h"
#include "io/base/text.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>
#include <utility>

namespace expertscope::results {

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

/// The words with the row's keys in them, before and behind the value; `used` gets the names of the keys.
void takeWords(const ResultRow& row, RemarkSentence& sentence, std::set<std::string>& used)
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
        if (name.empty())
            sentence.before = std::exchange(text, {});
        else
            text += printable(keyOf(row, name).value_or("?"));
        at = close + 1;
    }
    sentence.after = std::move(text);
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

RemarkSentence sentenceOf(const Remark& remark, const Layers& layers)
{
    const bool compares = remark.other.has_value();
    RemarkSentence sentence;
    sentence.family = familyOf(*remark.row);
    sentence.more = compares ? *remark.other > remark.value : remark.value > remark.uniform.value_or(0);
    sentence.value = compares ? brief(remark.value) + " → " + brief(*remark.other) : brief(remark.value);
    std::set<std::string> used;
    takeWords(*remark.row, sentence, used);
    sentence.place = placeOf(*remark.row, layers, used);
    if (const auto sample = keyOf(*remark.row, "sample"))
        addPart(sentence.beside, "a sample of " + *sample + " sequences");
    if (compares && remark.noise)
        addPart(sentence.beside, "± " + fixed(*remark.noise, decimalsFor(*remark.noise, 2)));
    if (remark.uniform)
        addPart(sentence.beside,
            "uniform "
                + (remark.noise && !compares ? withNoise(*remark.uniform, *remark.noise) : brief(*remark.uniform)));
    return sentence;
}

/// "12 of 340 numbers", "all 340 numbers"
std::string countOf(std::size_t some, std::size_t all)
{
    const std::string numbers = grouped(all) + (all == 1 ? " number" : " numbers");
    return some == all ? "all " + numbers : grouped(some) + " of " + numbers;
}

RemarkPage pageOf(std::string title, std::string rest, const Remarks& remarks, const Layers& layers)
{
    RemarkPage page{std::move(title), std::move(rest), {}};
    for (const Remark& remark : remarks.told)
        page.sentences.push_back(sentenceOf(remark, layers));
    return page;
}

}

RemarkPage remarkPage(const Results& results, const Layers& layers, std::size_t most)
{
    const Remarks all = remarksOn(results, most);
    if (all.judged == 0)
        return {};
    if (all.beyond == 0)
        return {"Nothing is remarkable",
            countOf(all.judged, all.judged) + " judged lie within the noise of uniform routing.", {}};
    return pageOf("Remarkable",
        "farthest from uniform routing, ± the standard deviation of its noise; " + countOf(all.beyond, all.judged)
            + " judged lie beyond it.",
        all, layers);
}

RemarkPage remarkPage(const Comparison& comparison, const Layers& layers, std::size_t most)
{
    const Remarks all = remarksOn(comparison, most);
    if (all.judged == 0)
        return {};
    const bool intervals =
        std::ranges::any_of(comparison.rows, [](const ComparedRow& row) { return row.interval.has_value(); });
    if (all.beyond == 0)
        return {"No difference is larger than its noise", countOf(all.judged, all.judged) + " compared.", {}};
    return pageOf("Differs most",
        "A → B, ± the standard deviation of the difference "
            + std::string(intervals ? "by the bootstrap" : "of independent tokens (--bootstrap N measures it)") + "; "
            + countOf(all.beyond, all.judged) + " judged differ by more than noise.",
        all, layers);
}

}
