// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/spine/selection.h"

#include "io/base/named.h"
#include "io/base/splitmix.h"

#include <algorithm>

namespace expertscope {

namespace {

/// "de, en, fr, … (12 in all)": names for an error message, as many as a line takes.
std::string listed(const std::vector<std::string>& names)
{
    constexpr std::size_t kMost = 12;
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), kMost); ++i)
        text += (i ? ", " : "") + names[i];
    if (names.size() > kMost)
        text += ", … (" + std::to_string(names.size()) + " in all)";
    return text.empty() ? "none" : text;
}

/// At random within each stretch: where sequences take turns (languages, say) every so-many-th would be of one kind.
std::vector<SequenceIndex> drawn(const std::vector<SequenceIndex>& all, std::uint32_t sample)
{
    std::vector<SequenceIndex> some;
    for (std::uint64_t i = 0; i < sample; ++i) {
        const std::uint64_t first = i * all.size() / sample, end = (i + 1) * all.size() / sample;
        some.push_back(all[first + splitmix64(i) % (end - first)]);
    }
    return some;
}

/// The label, and the codes of the values that will do.
using CodedFilter = std::pair<const Label*, std::vector<std::int32_t>>;

Expected<std::vector<CodedFilter>> coded(const RoutingShape& shape, const std::vector<LabelFilter>& filters)
{
    std::vector<CodedFilter> list;
    for (const LabelFilter& filter : filters) {
        ES_ASSIGN(const Label* label, findLabel(shape, filter.label));
        auto& codes = list.emplace_back(label, std::vector<std::int32_t>()).second;
        const auto add = [&](const std::string& value) -> Expected<void> {
            const auto found = std::find(label->values.begin(), label->values.end(), value);
            if (found == label->values.end())
                return fail("label '" + filter.label + "' has no value '" + value + "'", {},
                    nearestHint(value, label->values, "its values: " + listed(label->values)));
            codes.push_back(static_cast<std::int32_t>(found - label->values.begin()));
            return {};
        };
        ES_TRY(add(filter.value));
        for (const std::string& value : filter.alternatives)
            ES_TRY(add(value));
    }
    return list;
}

}

std::size_t Selection::place(SequenceIndex sequence) const
{
    return std::size_t(std::lower_bound(sequences.begin(), sequences.end(), sequence) - sequences.begin());
}

PositionRange keptPositions(const Sequence& sequence, const PassOptions& options)
{
    const std::uint32_t prompt = std::min(sequence.promptLength, sequence.length);
    PositionRange kept{options.skipFirst, options.phase == Phase::Prompt ? prompt : sequence.length};
    if (options.phase == Phase::Decode)
        kept.begin = std::max(kept.begin, prompt);
    kept.begin = std::min(kept.begin, kept.end);
    kept.end = kept.begin + std::min(kept.length(), options.mostLength);
    return kept;
}

Expected<const Label*> findLabel(const RoutingShape& shape, const std::string& name)
{
    if (const Label* label = shape.label(name)) {
        if (label->codes.size() != shape.sequences.size())
            return fail("label '" + name + "' covers " + std::to_string(label->codes.size())
                + " sequences, the trace has " + std::to_string(shape.sequences.size()));
        return label;
    }
    const std::vector<std::string> names = nameList(shape.labels);
    return fail("the trace has no label '" + name + "'", {}, nearestHint(name, names, "its labels: " + listed(names)));
}

Expected<std::vector<SiteIndex>> selectSites(const RoutingShape& shape, const PassOptions& options)
{
    std::vector<SiteIndex> sites = options.sites;
    if (sites.empty()) {
        for (std::size_t i = 0; i < shape.sites.size(); ++i)
            sites.emplace_back(static_cast<std::uint16_t>(i));
    }
    std::sort(sites.begin(), sites.end());
    for (std::size_t i = 0; i < sites.size(); ++i) {
        if (sites[i].value >= shape.sites.size())
            return fail("the trace has no site " + std::to_string(sites[i].value), {},
                shape.sites.empty() ? "it has no sites" : "its sites: 0-" + std::to_string(shape.sites.size() - 1));
        if (i > 0 && sites[i] == sites[i - 1])
            return fail("site " + std::to_string(sites[i].value) + " is named twice");
    }
    return sites;
}

Expected<std::vector<SequenceIndex>> selectSequences(const RoutingShape& shape, const PassOptions& options)
{
    ES_ASSIGN(const auto wanted, coded(shape, options.where));
    ES_ASSIGN(const auto unwanted, coded(shape, options.without));
    std::vector<SequenceIndex> selected;
    for (std::size_t s = 0; s < shape.sequences.size(); ++s) {
        const auto has = [s](const CodedFilter& filter) {
            return std::ranges::find(filter.second, filter.first->codes[s]) != filter.second.end();
        };
        if (std::ranges::all_of(wanted, has) && std::ranges::none_of(unwanted, has)
            && keptPositions(shape.sequences[s], options).length() > 0)
            selected.emplace_back(static_cast<std::uint32_t>(s));
    }
    return options.sample == 0 || options.sample >= selected.size() ? selected : drawn(selected, options.sample);
}

}
