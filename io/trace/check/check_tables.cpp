// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/check/check_tables.h"

#include "io/trace/check/piecewise.h"
#include "io/trace/trace_schema.h"

#include <algorithm>
#include <set>
#include <string_view>

namespace expertscope {

namespace {

using Kind = NumericDataset::Kind;

constexpr std::uint64_t kMostValueBytes = 64ull << 20; ///< of a label, held to find equal ones

class TableCheck
{
public:
    explicit TableCheck(const CheckedTrace& trace)
        : m(trace)
        , m_file(trace.trace.file)
        , m_summary(trace.summary)
    {
    }

    Expected<void> run()
    {
        attributes();
        axes();
        sequences();
        labels();
        vocabulary();
        return {};
    }

private:
    void attributes()
    {
        std::int64_t planned = 0;
        if (integer(m_file, "planned_tokens", "file", planned)) {
            const auto T = static_cast<std::int64_t>(m_summary.numTokens);
            const auto numbers = [&] { return std::to_string(planned) + " planned, " + std::to_string(T) + " there"; };
            if (m_summary.complete && planned > T)
                m.findings.add("complete", "says that every planned token is there", numbers);
            else if (planned < T)
                m.findings.add("planned_tokens", "is less than the tokens that are there", numbers);
        }
        const auto routing = hdf5::openGroup(m_file, "routing", m.trace.name);
        if (!m.good(routing))
            return;
        // What the reader takes for granted.
        static constexpr std::pair<const char*, std::string_view> kMeanings[] = {{"id_space", "logical"},
            {"slot_order", "selection_score_descending"}, {"weight_stage", "as_multiplied"}, {"logits_stage", "raw"}};
        for (const auto& meaning : kMeanings) {
            std::string said;
            if (text(*routing, meaning.first, "group 'routing'", said) && said != meaning.second)
                m.findings.add(std::string("routing: ") + meaning.first, "says something else than this format has",
                    [&] { return "'" + said.substr(0, 60) + "', not '" + std::string(meaning.second) + "'"; });
        }
        std::int64_t fixed = 0;
        if (integer(*routing, "k_fixed", "group 'routing'", fixed)) {
            const bool same = std::ranges::all_of(
                m_summary.sites, [&](const Site& site) { return site.topK == m_summary.numSlots; });
            if ((fixed != 0) != same)
                m.findings.add("routing: k_fixed", "contradicts top_k of the sites",
                    [&] { return std::to_string(fixed) + " for " + std::to_string(m_summary.numSlots) + " slots"; });
        }
    }

    bool integer(hid_t object, const char* name, const std::string& place, std::int64_t& value) const
    {
        return attribute(object, name, place, value, [&](const std::string& where) {
            return hdf5::readInteger(object, name, where);
        });
    }
    bool text(hid_t object, const char* name, const std::string& place, std::string& value) const
    {
        return attribute(object, name, place, value, [&](const std::string& where) {
            return hdf5::readText(object, name, where);
        });
    }
    /// Is it there, and good?
    template <class T, class Read>
    bool attribute(hid_t object, const char* name, const std::string& place, T& value, const Read& read) const
    {
        const std::string where = m.trace.name + (place == "file" ? "" : ": " + place);
        const auto there = hdf5::hasAttribute(object, name, where);
        if (!m.good(there) || !*there)
            return false;
        auto found = read(where);
        if (!m.good(found))
            return false;
        value = std::move(*found);
        return true;
    }

    void axes() const
    {
        std::uint16_t experts = 0;
        for (const Site& site : m_summary.sites)
            experts = std::max(experts, site.numExperts);
        const std::pair<const char*, std::uint64_t> lengths[] = {{"token", m_summary.numTokens},
            {"site", m_summary.sites.size()}, {"slot", m_summary.numSlots}, {"expert", experts},
            {"sequence", m_summary.numSequences}};
        for (const auto& axis : lengths) {
            const char* const name = axis.first;
            const auto there = hdf5::exists(m_file, name, m.trace.name);
            if (!m.good(there) || !*there)
                continue;
            const auto dataset = hdf5::openDataset(m_file, name, m.trace.name);
            if (!m.good(dataset))
                continue;
            const auto dims = hdf5::dimensions(*dataset, m.trace.name + ": dataset '" + name + "'");
            if (m.good(dims) && (dims->size() != 1 || (*dims)[0] != axis.second))
                m.findings.add(name, "is an axis of another length than what it names", [&] {
                    return std::to_string(dims->empty() ? 0 : (*dims)[0]) + ", not " + std::to_string(axis.second);
                });
        }
    }

    void sequences() const
    {
        const auto S = m_summary.numSequences;
        auto offset = Piecewise::open(m, "sequences/offset", S), length = Piecewise::open(m, "sequences/length", S),
             prompt = Piecewise::open(m, "sequences/prompt_length", S);
        std::uint64_t end = 0;
        for (std::uint64_t s = 0; s < S && (offset || length || prompt); ++s) {
            std::int64_t begin = 0, tokens = 0, given = 0;
            const auto place = [&] { return "sequence " + std::to_string(s); };
            if (length && !length->next(tokens))
                length.reset();
            if (length && (tokens < 0 || tokens > 0xffffffffll)) {
                m.findings.add("sequences/length", "is out of range", [&] { return place() + ": " + std::to_string(tokens); });
                length.reset(); // all that follows would be wrong
            }
            if (offset && !offset->next(begin))
                offset.reset();
            if (offset && length && static_cast<std::uint64_t>(begin) != end)
                m.findings.add("sequences/offset", "a sequence begins elsewhere than where the one before ends", [&] {
                    return place() + ": at token " + std::to_string(begin) + ", not " + std::to_string(end);
                });
            if (prompt && !prompt->next(given))
                prompt.reset();
            if (prompt && length && (given < 0 || given > tokens))
                m.findings.add("sequences/prompt_length", "a prompt is longer than its sequence", [&] {
                    return place() + ": " + std::to_string(given) + " of " + std::to_string(tokens) + " tokens";
                });
            end += static_cast<std::uint64_t>(tokens);
        }
        if (length && end != m_summary.numTokens)
            m.findings.add("sequences/length", "the sequences hold another number of tokens than the trace",
                [&] { return std::to_string(end) + ", not " + std::to_string(m_summary.numTokens); });
        for (const char* name : {"sequences/name", "sequences/source"})
            texts(name, S);
    }

    /// Are there so many texts, all readable?
    void texts(const std::string& path, std::uint64_t count) const
    {
        const auto there = hdf5::exists(m_file, path, m.trace.name);
        if (!m.good(there) || !*there)
            return;
        const auto dataset = hdf5::openDataset(m_file, path, m.trace.name);
        const std::string where = m.trace.name + ": dataset '" + path + "'";
        if (!m.good(dataset))
            return;
        const auto dims = hdf5::dimensions(*dataset, where);
        if (!m.good(dims))
            return;
        if (dims->size() != 1 || (*dims)[0] != count)
            return m.findings.add(path, "is not a list of " + std::to_string(count) + " texts");
        (void)m.good(hdf5::visitTexts(*dataset, count, where, [](std::string) {}));
    }

    void labels() const
    {
        const auto there = hdf5::exists(m_file, "sequences/labels", m.trace.name);
        if (!m.good(there) || !*there)
            return;
        const auto group = hdf5::openGroup(m_file, "sequences/labels", m.trace.name);
        if (!m.good(group))
            return;
        const auto links = hdf5::linkNames(*group, m.trace.name + ": group 'sequences/labels'");
        if (!m.good(links))
            return;
        std::set<std::string> names;
        for (const std::string& link : *links)
            label(link, names);
    }

    void label(const std::string& link, std::set<std::string>& names) const
    {
        const std::string path = "sequences/labels/" + link;
        const auto group = hdf5::openGroup(m_file, path, m.trace.name);
        if (!m.good(group))
            return;
        std::string name = link;
        text(*group, "name", "group '" + path + "'", name);
        if (!names.insert(name).second)
            m.findings.add("sequences/labels", "two labels have one name", [&] { return "'" + name + "'"; });

        const auto dataset = hdf5::openDataset(m_file, path + "/values", m.trace.name);
        if (!m.good(dataset))
            return;
        const std::string where = m.trace.name + ": dataset '" + path + "/values'";
        const auto dims = hdf5::dimensions(*dataset, where);
        if (!m.good(dims))
            return;
        if (dims->size() != 1 || (*dims)[0] > std::max<std::uint64_t>(m_summary.numSequences, 65536))
            return m.findings.add(path + "/values", "is not a list of at most one value a sequence");
        std::set<std::string> values;
        std::uint64_t bytes = 0, at = 0;
        (void)m.good(hdf5::visitTexts(*dataset, (*dims)[0], where, [&](std::string value) {
            bytes += value.size();
            if (bytes < kMostValueBytes && !values.insert(value).second)
                m.findings.add(path + "/values", "a value stands there twice",
                    [&] { return "value " + std::to_string(at) + ": '" + value.substr(0, 60) + "'"; });
            ++at;
        }));
        auto codes = Piecewise::open(m, path + "/codes", m_summary.numSequences);
        std::int64_t code = 0;
        for (std::uint64_t s = 0; codes && s < m_summary.numSequences && codes->next(code); ++s) {
            if (code < -1 || code >= static_cast<std::int64_t>((*dims)[0]))
                m.findings.add(path + "/codes", "a code has no value", [&] {
                    return "sequence " + std::to_string(s) + ": code " + std::to_string(code) + " of "
                        + std::to_string((*dims)[0]) + " values";
                });
        }
    }

    void vocabulary() const
    {
        const auto there = hdf5::exists(m_file, "vocab", m.trace.name);
        if (!m.good(there) || !*there)
            return;
        auto ids = Piecewise::open(m, "vocab/id"), offsets = Piecewise::open(m, "vocab/piece_offsets"),
             bytes = Piecewise::open(m, "vocab/piece_bytes");
        if (!ids || !offsets || !bytes)
            return;
        if (offsets->size() != ids->size() + 1)
            m.findings.add("vocab/piece_offsets", "has not one number more than vocab/id",
                [&] { return std::to_string(offsets->size()) + " of " + std::to_string(ids->size()); });
        std::int64_t value = 0, before = -1;
        for (std::uint64_t i = 0; i < ids->size() && ids->next(value); ++i, before = value) {
            if (value <= before)
                m.findings.add("vocab/id", "does not ascend", [&] { return "entry " + std::to_string(i); });
        }
        before = 0;
        for (std::uint64_t i = 0; i < offsets->size() && offsets->next(value); ++i, before = value) {
            if (value < before || value > static_cast<std::int64_t>(bytes->size()))
                m.findings.add("vocab/piece_offsets", "goes back, or beyond the bytes there are",
                    [&] { return "offset " + std::to_string(i) + ": " + std::to_string(value); });
        }
    }

    const CheckedTrace& m;
    const hid_t m_file;
    const TraceSummary& m_summary;
};

}

Expected<void> checkTables(const CheckedTrace& trace)
{
    const hdf5::Lock lock;
    return TableCheck(trace).run();
}

}
