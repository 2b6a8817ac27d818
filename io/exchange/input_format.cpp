// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/exchange/input_format.h"

#include "io/base/lfs_pointer.h"

#include <algorithm>
#include <array>

namespace expertscope {

namespace {

std::string lowered(std::string text)
{
    std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
    return text;
}

std::string endingOf(const std::filesystem::path& name)
{
    return lowered(name.extension().string());
}

std::filesystem::path withoutPacking(const std::filesystem::path& name)
{
    const auto ending = endingOf(name);
    return ending == ".gz" || ending == ".zst" || ending == ".zstd" ? name.stem() : name.filename();
}

bool namesJsonLines(const std::string& ending)
{
    constexpr std::array<std::string_view, 4> kEndings{".jsonl", ".ndjson", ".jsonlines", ".ldjson"};
    return std::ranges::find(kEndings, ending) != kEndings.end();
}

std::string_view withoutSpace(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t\r\n");
    return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

/// Walks over JSON without reading it: where strings, objects and arrays begin and end.
class Outline
{
public:
    explicit Outline(std::string_view text)
        : m_text(text)
    {
    }
    /// The next of { } [ ] and ", the latter standing for a whole string; '\0' at the end of the text.
    char next()
    {
        m_at = m_text.find_first_of("{}[]\"", m_at);
        if (m_at == std::string_view::npos)
            return m_at = m_text.size(), '\0';
        const char mark = m_text[m_at++];
        m_string = m_at;
        if (mark == '"') {
            while (m_at < m_text.size() && m_text[m_at] != '"')
                m_at += m_text[m_at] == '\\' ? 2 : 1;
            if (m_at >= m_text.size())
                return m_at = m_text.size(), '\0';
            ++m_at;
        }
        return mark;
    }
    /// What the string held that next() has just passed.
    std::string_view string() const { return m_text.substr(m_string, m_at - 1 - m_string); }
    std::string_view behind() const { return m_text.substr(m_at); }

private:
    std::string_view m_text;
    std::size_t m_at = 0;
    std::size_t m_string = 0;
};

/// Whether the object or array that a text begins with also ends.
bool endsWithin(std::string_view text)
{
    Outline outline(text);
    int depth = 0;
    for (char mark = outline.next(); mark != '\0'; mark = outline.next()) {
        depth += mark == '{' || mark == '[' ? 1 : mark == '}' || mark == ']' ? -1 : 0;
        if (depth == 0)
            return true;
    }
    return false;
}

/// `lines`: the name promises an object a line, so that one which does not end there is a damaged one.
InputFormat jsonFormat(std::string_view ahead, bool lines)
{
    const auto text = withoutSpace(ahead);
    if (text.starts_with('['))
        return InputFormat::JsonValues;
    const auto line = text.substr(0, text.find('\n'));
    const bool overLines = text.starts_with('{') && line.size() < text.size() && !endsWithin(line);
    return overLines && !lines ? InputFormat::JsonValues : InputFormat::JsonLines;
}

}

InputFormat inputFormat(const std::filesystem::path& name, std::string_view ahead)
{
    const auto ending = endingOf(withoutPacking(name));
    if (namesJsonLines(ending) || ending == ".json" || (ending.empty() && beginsWithJsonDocument(ahead)))
        return jsonFormat(ahead, namesJsonLines(ending));
    return InputFormat::Text;
}

InputFormat inputFormatInFolder(const std::filesystem::path& name, std::string_view ahead)
{
    const auto ending = endingOf(withoutPacking(name));
    if (namesJsonLines(ending) || (ending == ".json" && beginsWithJsonDocument(ahead)))
        return jsonFormat(ahead, namesJsonLines(ending));
    return InputFormat::Text;
}

bool beginsWithJsonDocument(std::string_view ahead)
{
    auto text = withoutSpace(ahead);
    if (text.starts_with('['))
        text = withoutSpace(text.substr(1));
    if (!text.starts_with('{'))
        return false;
    Outline outline(text);
    int depth = 0;
    for (char mark = outline.next(); mark != '\0'; mark = outline.next()) {
        depth += mark == '{' || mark == '[' ? 1 : mark == '}' || mark == ']' ? -1 : 0;
        if (depth == 0)
            return false;
        const bool document = outline.string() == "text" || outline.string() == "token_ids";
        if (mark == '"' && depth == 1 && document && withoutSpace(outline.behind()).starts_with(':'))
            return true;
    }
    return false;
}

Expected<void> refuseForeign(std::string_view ahead, const std::string& where)
{
    ES_TRY(refuseLfsPointer(ahead, where));
    struct Foreign
    {
        std::string_view magic;
        const char* what;
        const char* hint;
    };
    static constexpr const char* kWrite = "write it as JSON Lines, an object with 'text' a line";
    static constexpr const char* kUnpack = "unpack it; .gz and .zst can be read as they are";
    using namespace std::string_view_literals;
    static constexpr std::array kForeign{Foreign{"PAR1\x15", "is a Parquet file", kWrite},
        Foreign{"ARROW1\0\0"sv, "is an Arrow file", kWrite}, Foreign{"\xff\xff\xff\xff", "is an Arrow stream", kWrite},
        Foreign{"\x89HDF\r\n", "is an HDF5 file", kWrite}, Foreign{"SQLite format 3\0"sv, "is an SQLite file", kWrite},
        Foreign{"PK\x03\x04", "is a zip archive", kUnpack}, Foreign{"BZh91AY&SY", "is packed with bzip2", kUnpack},
        Foreign{"\xfd"
                "7zXZ\0"sv,
            "is packed with xz", kUnpack},
        Foreign{"\x04\x22\x4d\x18", "is packed with lz4", kUnpack}, Foreign{"7z\xbc\xaf", "is a 7z archive", kUnpack},
        Foreign{"\x1f\x8b", "is packed twice", kUnpack}, Foreign{"\x28\xb5\x2f\xfd", "is packed twice", kUnpack},
        Foreign{"%PDF-", "is a PDF file", "extract its text"}};
    for (const auto& foreign : kForeign) {
        if (ahead.starts_with(foreign.magic))
            return fail(foreign.what, where, foreign.hint);
    }
    constexpr std::size_t kTarMagic = 257;
    if (ahead.size() > kTarMagic && ahead.substr(kTarMagic).starts_with("ustar"))
        return fail("is a tar archive", where, "unpack it, and give the folder");
    return {};
}

std::string inputStem(const std::filesystem::path& name)
{
    return name == "-" || name == "/dev/stdin" ? "stdin" : withoutPacking(name).stem().string();
}

}
