// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads results as they come: a row is turned into what it stands for and forgotten before the next one is read.
#include "analysis/results/json_reader.h"

#include "analysis/results/json_fields.h"

#include <nlohmann/json.hpp>

#include <exception>

namespace expertscope::results {

using Json = nlohmann::ordered_json;

namespace {

constexpr int kMostDepth = 4 + int(kMostMatrixAxes);
constexpr std::size_t kMostMembers = 1024; ///< of an object
// What a JSON tree may hold at once, at some 16 to 50 bytes each; HDF5 is the format for more.
constexpr std::uint64_t kMostValuesOfMatrices = 1u << 25, kMostValuesElsewhere = 65536;

class ResultsParser : public nlohmann::json_sax<Json>
{
public:
    explicit ResultsParser(ResultDocument& document)
        : m_document(document)
    {
    }

    bool null() override { return add(nullptr); }
    bool boolean(bool value) override { return add(value); }
    bool number_integer(number_integer_t value) override { return add(value); }
    bool number_unsigned(number_unsigned_t value) override { return add(value); }
    bool number_float(number_float_t value, const string_t&) override { return add(value); }
    bool string(string_t& value) override { return add(std::move(value)); }
    bool binary(binary_t&) override { return refuse("binary value"); }
    bool start_object(std::size_t) override { return open(Json::object()); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool key(string_t& value) override
    {
        if (m_open.back().size() >= kMostMembers)
            return refuse("an object of more than " + std::to_string(kMostMembers) + " members");
        if (m_open.back().contains(value))
            return refuse("key '" + value.substr(0, 200) + "' appears twice");
        if (m_open.size() == 1)
            m_section = value;
        m_open.back()[value] = nullptr;
        m_keys.back() = std::move(value);
        return true;
    }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override
    {
        m_what = "not valid JSON at byte " + std::to_string(position);
        return false;
    }

    const std::string& what() const { return m_what; }
    std::string place() const { return m_place; }
    const Json& root() const { return m_root; }

private:
    bool refuse(std::string what)
    {
        m_what = std::move(what);
        return false;
    }

    bool add(Json value)
    {
        if (!count())
            return false;
        if (m_open.empty()) {
            m_root = std::move(value);
            return true;
        }
        if (!m_open.back().is_array()) {
            m_open.back()[m_keys.back()] = std::move(value);
            return true;
        }
        if (m_open.size() == 2 && (m_section == "rows" || m_section == "matrices"))
            return take(value);
        m_open.back().push_back(std::move(value));
        return true;
    }

    /// Bounds memory: a few bytes of text can be many bytes of tree.
    bool count()
    {
        const std::uint64_t most = m_section == "matrices" ? kMostValuesOfMatrices : kMostValuesElsewhere;
        return ++m_values <= most || refuse("more than " + std::to_string(most) + " values");
    }

    /// An element of "rows" or "matrices".
    bool take(const Json& value)
    {
        const auto keep = [&](auto read, auto& list, std::uint64_t most) {
            m_place = m_section + "[" + std::to_string(list.size()) + "]";
            if (list.size() >= most)
                return refuse("more than " + std::to_string(most) + " of them");
            if (!read)
                return refuse(read.error().what);
            for (const auto& [name, site] : {std::pair("layer", read->site), std::pair("to_layer", secondSite(read->other))}) {
                const auto layer = toLayer(value, name);
                if (!layer)
                    return refuse(layer.error().what);
                if (site && *layer)
                    m_document.origin.layers.emplace(*site, **layer);
            }
            list.push_back(std::move(*read));
            m_place.clear();
            if (m_section == "rows")
                m_values = 0;
            return true;
        };
        return m_section == "rows" ? keep(toRow(value), m_document.results.rows, kMostResultRows)
                                   : keep(toMatrix(value), m_document.results.matrices, kMostMatrices);
    }

    bool open(Json container)
    {
        if (int(m_open.size()) >= kMostDepth)
            return refuse("nested deeper than " + std::to_string(kMostDepth) + " levels");
        if (m_open.size() == 1 && (m_section == "rows" || m_section == "matrices") && !container.is_array())
            return refuse("'" + m_section + "' is no list");
        m_open.push_back(std::move(container));
        m_keys.emplace_back();
        return true;
    }

    bool close()
    {
        Json done = std::move(m_open.back());
        m_open.pop_back();
        m_keys.pop_back();
        return add(std::move(done));
    }

    ResultDocument& m_document;
    std::vector<Json> m_open;
    std::vector<std::string> m_keys; ///< last key of each open object
    std::string m_section; ///< last key of the outermost object
    std::uint64_t m_values = 0;
    Json m_root;
    std::string m_what, m_place;
};

Expected<void> readHead(const Json& root, ResultOrigin& origin)
{
    if (!root.is_object())
        return fail("is no object with rows");
    if (const auto format = root.find("format"); format != root.end()) {
        if (*format != kResultsFormat)
            return fail("'format' is not " + std::string(kResultsFormat));
        const auto version = root.find("format_version");
        if (version == root.end() || !version->is_string() || !version->get<std::string>().starts_with("1."))
            return fail("is of another format version; this program reads 1.x");
    }
    for (const char* list : {"rows", "matrices"}) {
        const auto found = root.find(list);
        if (found == root.end() ? *list == 'r' : !found->is_array())
            return fail(std::string("'") + list + "' is no list");
    }
    const auto pairs = [&](const char* name, const Json& json, NamedValues& into) -> Expected<void> {
        auto read = toPairs(json);
        if (!read)
            return fail("'" + std::string(name) + "' " + read.error().what);
        into = std::move(*read);
        return {};
    };
    if (const auto trace = root.find("trace"); trace != root.end() && trace->is_array()) {
        for (const Json& one : *trace) {
            origin.traces.emplace_back();
            ES_TRY(pairs("trace", one, origin.traces.back()));
        }
    } else if (trace != root.end() && trace->is_string()) {
        origin.traces = {{{"name", trace->get<std::string>()}}};
    } else if (trace != root.end()) {
        origin.traces.emplace_back();
        ES_TRY(pairs("trace", *trace, origin.traces.back()));
    }
    if (const auto tool = root.find("tool"); tool != root.end())
        ES_TRY(pairs("tool", *tool, origin.tool));
    if (const auto options = root.find("options"); options != root.end())
        ES_TRY(pairs("options", *options, origin.options));
    return {};
}

}

Expected<ResultDocument> readResultsJson(std::string_view text, const std::string& where)
{
    // The library takes a zero byte for the end of its input: what follows would go unseen.
    if (const auto zero = text.find('\0'); zero != std::string_view::npos)
        return fail("not valid JSON at byte " + std::to_string(zero + 1) + ": a zero byte", where);
    ResultDocument document;
    ResultsParser parser(document);
    try {
        if (!Json::sax_parse(text.begin(), text.end(), &parser))
            return fail(parser.what(), where + (parser.place().empty() ? "" : ": " + parser.place()));
    } catch (const std::exception& error) {
        return fail(std::string("not valid JSON: ") + error.what(), where);
    }
    if (auto read = readHead(parser.root(), document.origin); !read)
        return fail(read.error().what, where);
    return document;
}

}
