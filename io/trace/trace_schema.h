// SPDX-License-Identifier: GPL-3.0-or-later
//
// Names, types and chunk shapes of format 1.1 (resources/docs/trace-format.md): what writer, reader and repair agree
// on.
#pragma once

#include "io/trace/trace_writer.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <string_view>

namespace expertscope {

inline constexpr std::string_view kTraceFormat = "expertscope-trace";
inline constexpr std::string_view kTraceFormatVersion = "1.1.0";
inline constexpr int kTraceMajor = 1;

inline constexpr std::uint32_t kChunkTokens = 4096; ///< tokens of a chunk; less for short traces
inline constexpr std::uint32_t kLogitsChunkTokens = 1024; ///< logits are wide
inline constexpr int kDeflateLevel = 1; ///< libdeflate's scale; measured in trace-format.md
inline constexpr int kSignificantBits = 18; ///< of weights, entropy, margin; measured in trace-format.md

inline constexpr std::uint16_t kMaxExperts = 65534; ///< 65535 says none
inline constexpr std::uint16_t kMaxSlots = 4096;
inline constexpr std::uint64_t kMaxSites = 16384;
inline constexpr std::uint64_t kMaxChunkBytes = 256ull
    << 20; ///< of one chunk, inflated: what a reader is ready to allocate

/// The datasets written while capturing. The numbers are those of the journal.
enum class Column : std::uint16_t
{
    ExpertId = 0,
    Weight = 1,
    Entropy = 2,
    Margin = 3,
    Logits = 4,
    Loss = 5,
    Predicted = 6
};
inline constexpr std::array kAllColumns{
    Column::ExpertId, Column::Weight, Column::Entropy, Column::Margin, Column::Logits,
    Column::Loss, Column::Predicted};

/// One value a token, of no site.
inline constexpr bool isPerToken(Column column)
{
    return column == Column::Loss || column == Column::Predicted;
}
inline constexpr bool isInteger(Column column)
{
    return column == Column::ExpertId || column == Column::Predicted;
}

struct ColumnInfo
{
    const char* path;
    const char* units;
    const char* longName;
    const char* description;
};
const ColumnInfo& columnInfo(Column column);

/// All numbers that follow from a plan.
struct Geometry
{
    std::uint64_t numTokens = 0; ///< planned
    std::uint16_t numSites = 0;
    std::uint16_t numSlots = 0; ///< K
    std::uint16_t numExperts = 0; ///< largest E
    std::uint32_t chunkTokens = 0;
    std::uint32_t logitsChunkTokens = 0;
    Columns columns;

    bool has(Column column) const;
    std::uint32_t chunkLength(Column column) const
    {
        return column == Column::Logits ? logitsChunkTokens : chunkTokens;
    }
    std::uint32_t elementSize(Column column) const { return column == Column::ExpertId ? 2 : 4; }
    /// Elements of a token at a site.
    std::uint32_t width(Column column) const;
    std::size_t rowBytes(Column column) const { return std::size_t(width(column)) * elementSize(column); }
    std::size_t chunkBytes(Column column) const { return rowBytes(column) * chunkLength(column); }
    std::uint64_t numChunks(Column column) const { return (numTokens + chunkLength(column) - 1) / chunkLength(column); }
    /// What belongs to no site has one row of chunks.
    std::uint16_t sitesOf(Column column) const { return isPerToken(column) ? 1 : numSites; }
};

Geometry geometryOf(const TracePlan& plan);

/// Is the plan one that can be written? Names what is not.
Expected<void> checkPlan(const TracePlan& plan, const std::string& where);
/// Are these sites ones that the format allows?
Expected<void> checkSites(const std::vector<Site>& sites, const std::string& where);

/// "trace.h5.part" beside "trace.h5"; of a name that leaves no room for that, the beginning and its hash.
std::filesystem::path journalPath(const std::filesystem::path& target);

/// The name of the HDF5 group that holds a label: '%', '/', control bytes and a leading '.' as %XX.
std::string linkName(const std::string& label);
/// Valid UTF-8 without NUL, U+FFFD for what is not: HDF5's text type promises both.
std::string cleanText(const std::string& text);

}
