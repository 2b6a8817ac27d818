// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/study/expert_sets.h"

#include "io/base/json.h"
#include "io/base/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

namespace expertscope {

namespace {

constexpr const char* kSetsFormat = "expertscope-expert-sets";
constexpr std::string_view kSet = "set:";
constexpr std::size_t kMostSetBytes = 16u << 20;

std::optional<std::uint16_t> number(std::string_view text)
{
    std::uint16_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// "5:27", "s3:27"; false: it is neither.
bool addExpert(std::string_view text, ExpertSet& set)
{
    const bool bySite = text.starts_with('s');
    if (bySite)
        text.remove_prefix(1);
    const std::size_t colon = text.find(':');
    const auto place = colon == std::string_view::npos ? std::nullopt : number(text.substr(0, colon));
    const auto expert = place ? number(text.substr(colon + 1)) : std::nullopt;
    if (!expert)
        return false;
    if (bySite)
        set.experts.push_back({SiteIndex(*place), ExpertIndex(*expert)});
    else
        set.ofLayers.push_back({*place, ExpertIndex(*expert)});
    return true;
}

Expected<ExpertSet> setOfFile(const std::string& text, const std::string& option)
{
    const std::size_t hash = text.rfind('#');
    const std::string path = text.substr(0, hash);
    ES_ASSIGN(const NamedExpertSets sets, readExpertSets(path));
    const std::string known = "its sets: " + joined(sets, ", ", [](const auto& set) { return set.first; });
    if (hash == std::string::npos) {
        if (sets.size() != 1)
            return fail("which of its " + std::to_string(sets.size()) + " sets?", path, option + " set:FILE#NAME; " + known);
        return sets.begin()->second;
    }
    const auto found = sets.find(text.substr(hash + 1));
    if (found == sets.end())
        return fail("has no set '" + text.substr(hash + 1) + "'", path, known);
    return found->second;
}

}

Expected<ExpertSet> parseExperts(const std::string& text, const std::string& option)
{
    if (text.starts_with(kSet))
        return setOfFile(text.substr(kSet.size()), option);
    ExpertSet set;
    std::string_view rest = text;
    for (bool more = true; more;) {
        const std::size_t bar = rest.find('|');
        if (!addExpert(rest.substr(0, bar), set))
            return fail("'" + text + "' is no LAYER:EXPERT", option,
                "such as 5:27, 5:27|6:1 for either, s3:27 by the router's place, set:FILE#NAME");
        more = bar != std::string_view::npos;
        rest.remove_prefix(more ? bar + 1 : rest.size());
    }
    return set;
}

std::string expertsText(const ExpertSet& set)
{
    std::string text;
    for (const LayerExpert& at : set.ofLayers)
        addPart(text, std::to_string(at.layer) + ':' + std::to_string(at.expert.value), "|");
    for (const ExpertAt& at : set.experts)
        addPart(text, 's' + std::to_string(at.site.value) + ':' + std::to_string(at.expert.value), "|");
    return text;
}

std::vector<std::string> expertTexts(const std::vector<ExpertAt>& single, const std::vector<ExpertSet>& sets)
{
    std::vector<std::string> texts;
    for (const ExpertAt& at : single)
        texts.push_back(expertsText({{at}}));
    for (const ExpertSet& set : sets)
        texts.push_back(expertsText(set));
    return texts;
}

FileKind expertSetsKind()
{
    return {.name = "sets of experts", .recognises = [](const std::filesystem::path& path) {
                return headOf(path).find(kSetsFormat) != std::string::npos;
            }};
}

std::string expertSetsJson(const NamedExpertSets& sets)
{
    auto object = nlohmann::ordered_json::object();
    for (const auto& [name, set] : sets) {
        auto& list = object[name] = nlohmann::ordered_json::array();
        for (const LayerExpert& at : set.ofLayers)
            list.push_back(expertsText({{}, {at}}));
        for (const ExpertAt& at : set.experts)
            list.push_back(expertsText({{at}}));
    }
    const nlohmann::ordered_json file{{"format", kSetsFormat}, {"sets", std::move(object)}};
    return file.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

Expected<NamedExpertSets> parseExpertSets(std::string_view json, const std::string& where)
{
    JsonLimits limits;
    limits.maxBytes = kMostSetBytes;
    ES_ASSIGN(const JsonValue file, parseStrictJson(json, limits, where));
    const JsonValue* const format = file.find("format");
    if (!format || !format->string() || *format->string() != kSetsFormat)
        return fail("is no file of sets of experts", where, std::string("its \"format\" would be \"") + kSetsFormat + '"');
    const JsonValue* const list = file.find("sets");
    if (!list || !list->object())
        return fail("has no object \"sets\"", where);
    NamedExpertSets sets;
    for (const auto& [name, experts] : *list->object()) {
        const std::string place = where + ": set '" + printable(name) + "'";
        if (name.empty() || name.find('#') != std::string::npos)
            return fail("a name must be a text without '#'", place);
        if (!experts.array() || experts.array()->empty())
            return fail("is no list of experts", place, R"(such as ["5:27", "6:1"])");
        ExpertSet set;
        set.name = name;
        for (const JsonValue& expert : *experts.array()) {
            if (!expert.string() || !addExpert(*expert.string(), set))
                return fail(expert.string() ? "'" + printable(*expert.string()) + "' is no expert" : "holds " + std::string(expert.kind()),
                    place, R"(such as "5:27" for layer and expert, "s3:27" by the router's place)");
        }
        sets.emplace(name, std::move(set));
    }
    if (sets.empty())
        return fail("holds no sets", where);
    return sets;
}

Expected<NamedExpertSets> readExpertSets(const std::filesystem::path& path)
{
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error))
        return fail(error ? error.message() : "is no file", path.string());
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    if (std::filesystem::file_size(path, error) > kMostSetBytes)
        return fail("is too large for sets of experts", path.string());
    if (!file || !(text << file.rdbuf()))
        return fail("cannot be read", path.string());
    return parseExpertSets(std::move(text).str(), path.string());
}

}
