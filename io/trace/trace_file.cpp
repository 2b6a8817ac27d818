// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/trace_file.h"

#include "io/trace/hdf5_file_driver.h"
#include "io/trace/trace_columns.h"

#include <algorithm>
#include <array>
#include <limits>
#include <mutex>

namespace expertscope {

namespace {

constexpr auto kAny = NumericDataset::kAnyLength;

}

struct TraceFile::Private
{
    OpenTrace trace;
    TraceSummary summary;
    RoutingShape shape;
    /// Indexed by Column; those that the trace lacks are empty.
    std::array<std::optional<NumericDataset>, kAllColumns.size()> columns;
    std::optional<NumericDataset> tokenIds;
    mutable ChunkCache cache;

    mutable std::once_flag vocabularyOnce;
    mutable Expected<void> vocabularyStatus;
    mutable std::vector<std::int64_t> pieceIds, pieceOffsets;
    mutable std::vector<std::uint8_t> pieceBytes;

    const NumericDataset& column(Column c) const { return *columns[static_cast<std::size_t>(c)]; }

    Expected<void> readIds(SiteIndex site, TokenRange range, std::vector<std::uint16_t>& out) const
    {
        const auto& dataset = column(Column::ExpertId);
        const auto n = range.size();
        const std::size_t width = summary.numSlots;
        out.resize(n * width);
        const auto experts = summary.sites[site.value].numExperts;
        const auto bad = [&](std::int64_t id, std::size_t at) {
            return fail("expert " + std::to_string(id) + " of token " + std::to_string(range.begin.value + at / width)
                    + " at site " + std::to_string(site.value) + ", which has " + std::to_string(experts),
                dataset.where());
        };
        const bool ready = dataset.isStoredAs<std::uint16_t>();
        if (ready) {
            ES_TRY(dataset.read(range.begin.value, n, site.value, out.data(), &cache));
            std::uint16_t wrong = 0; // as wide as an id, and without a branch: the compiler vectorises that
            for (const std::uint16_t id : out)
                wrong |= static_cast<std::uint16_t>((id >= experts) & (id != kNoExpert));
            if (wrong) {
                const auto at =
                    std::find_if(out.begin(), out.end(), [&](auto id) { return id >= experts && id != kNoExpert; });
                return bad(*at, static_cast<std::size_t>(at - out.begin()));
            }
            return {};
        }
        // Written by others: any integer type; negative says none there.
        constexpr std::uint64_t kPiece = 65536;
        std::vector<std::int64_t> wide;
        for (std::uint64_t first = 0; first < n; first += kPiece) {
            const auto count = std::min(kPiece, n - first);
            wide.resize(count * width);
            ES_TRY(dataset.read(range.begin.value + first, count, site.value, wide.data(), &cache));
            for (std::size_t i = 0; i < wide.size(); ++i) {
                const bool none = wide[i] < 0 || wide[i] == kNoExpert;
                if (!none && wide[i] >= experts)
                    return bad(wide[i], first * width + i);
                out[first * width + i] = none ? kNoExpert : static_cast<std::uint16_t>(wide[i]);
            }
        }
        return {};
    }

    Expected<void> readFloats(
        Column which, SiteIndex site, TokenRange range, std::size_t width, std::vector<float>& out) const
    {
        out.resize(range.size() * width);
        return column(which).read(range.begin.value, range.size(), site.value, out.data(), &cache);
    }

    Expected<void> readTokenIds(TokenRange range, std::vector<std::int32_t>& out) const
    {
        if (!tokenIds)
            return fail("token ids were not recorded", trace.name);
        return readTokens(*tokenIds, range, out);
    }

    /// Ids of tokens, -1 where unknown.
    Expected<void> readTokens(const NumericDataset& dataset, TokenRange range, std::vector<std::int32_t>& out) const
    {
        if (range.begin > range.end || range.end.value > summary.numTokens)
            return rangeError(range);
        const auto bad = [&](std::int64_t id, std::size_t i) {
            return fail(
                "id " + std::to_string(id) + " of token " + std::to_string(range.begin.value + i), dataset.where());
        };
        out.resize(range.size());
        const bool ready = dataset.isStoredAs<std::int32_t>();
        if (ready) {
            ES_TRY(dataset.read(range.begin.value, range.size(), 0, out.data(), &cache));
            const auto found = std::find_if(out.begin(), out.end(), [](auto id) { return id < -1; });
            if (found != out.end())
                return bad(*found, static_cast<std::size_t>(found - out.begin()));
            return {};
        }
        std::vector<std::int64_t> wide(range.size());
        ES_TRY(dataset.read(range.begin.value, range.size(), 0, wide.data(), &cache));
        for (std::size_t i = 0; i < wide.size(); ++i) {
            if (wide[i] < -1 || wide[i] > 0x7fffffff)
                return bad(wide[i], i);
            out[i] = static_cast<std::int32_t>(wide[i]);
        }
        return {};
    }

    tl::unexpected<Error> rangeError(TokenRange range) const
    {
        return fail("tokens " + std::to_string(range.begin.value) + " to " + std::to_string(range.end.value)
                + " asked for, " + std::to_string(summary.numTokens) + " are there",
            trace.name);
    }

    Expected<void> loadVocabulary() const
    {
        const auto open = [&](const char* path) {
            return NumericDataset::open(
                trace.file, path, NumericDataset::Kind::Integer, {kAny}, trace.name, trace.bytes);
        };
        ES_ASSIGN(const bool there, hdf5::exists(trace.file, "vocab", trace.name));
        if (!there)
            return {};
        ES_ASSIGN(const auto ids, open("vocab/id"));
        ES_ASSIGN(const auto offsets, open("vocab/piece_offsets"));
        ES_ASSIGN(const auto bytes, open("vocab/piece_bytes"));
        ES_ASSIGN(pieceIds, ids.readAll<std::int64_t>());
        ES_ASSIGN(pieceOffsets, offsets.readAll<std::int64_t>());
        if (pieceOffsets.size() != pieceIds.size() + 1)
            return fail(
                std::to_string(pieceOffsets.size()) + " offsets of " + std::to_string(pieceIds.size()) + " tokens",
                offsets.where());
        for (std::size_t i = 0; i < pieceOffsets.size(); ++i) {
            if (pieceOffsets[i] < (i == 0 ? 0 : pieceOffsets[i - 1])
                || pieceOffsets[i] > static_cast<std::int64_t>(bytes.dims()[0]))
                return fail("offset " + std::to_string(i) + " is " + std::to_string(pieceOffsets[i])
                        + ", not between the one before and the " + std::to_string(bytes.dims()[0])
                        + " bytes there are",
                    offsets.where());
        }
        for (std::size_t i = 1; i < pieceIds.size(); ++i) {
            if (pieceIds[i] <= pieceIds[i - 1])
                return fail("entry " + std::to_string(i) + " is not larger than the one before", ids.where());
        }
        ES_ASSIGN(const auto wide, bytes.readAll<std::int64_t>());
        pieceBytes.assign(wide.begin(), wide.end());
        return {};
    }
};

TraceFile::TraceFile(std::unique_ptr<Private> p)
    : d(std::move(p))
{
}

TraceFile::~TraceFile() = default;

Expected<std::unique_ptr<TraceFile>> TraceFile::open(const std::filesystem::path& path)
{
    const hdf5::Lock lock;
    auto p = std::make_unique<Private>();
    ES_ASSIGN(p->trace, openTrace(path));
    ES_ASSIGN(p->summary, readSummary(p->trace));
    ES_ASSIGN(p->shape, readShape(p->trace, p->summary));
    for (const Column column : columnsOf(p->summary)) {
        ES_ASSIGN(p->columns[static_cast<std::size_t>(column)], openColumn(p->trace, p->summary, column));
    }
    if (p->summary.columns.tokenIds) {
        ES_ASSIGN(p->tokenIds,
            NumericDataset::open(p->trace.file, "tokens/token_id", NumericDataset::Kind::Integer,
                {p->summary.numTokens}, p->trace.name, p->trace.bytes, kAllColumns.size()));
    }
    return std::unique_ptr<TraceFile>(new TraceFile(std::move(p)));
}

Expected<TraceSummary> TraceFile::summary(const std::filesystem::path& path)
{
    const hdf5::Lock lock;
    ES_ASSIGN(const auto trace, openTrace(path));
    return readSummary(trace);
}

const RoutingShape& TraceFile::shape() const
{
    return d->shape;
}

const TraceSummary& TraceFile::summary() const
{
    return d->summary;
}

int TraceFile::descriptor() const
{
    return hdf5::descriptorOf(d->trace.file);
}

Expected<Block> TraceFile::read(SiteIndex site, TokenRange range, Columns wanted, BlockBuffer& buffer)
{
    if (site.value >= d->summary.sites.size())
        return fail("site " + std::to_string(site.value) + " asked for, " + std::to_string(d->summary.sites.size())
                + " are there",
            d->trace.name);
    if (range.begin > range.end || range.end.value > d->summary.numTokens
        || range.size() > std::numeric_limits<std::uint32_t>::max())
        return d->rangeError(range);
    const auto& have = d->summary.columns;
    Block block;
    block.site = site;
    block.firstToken = range.begin;
    block.numTokens = static_cast<std::uint32_t>(range.size());
    block.numSlots = d->summary.numSlots;
    block.numExperts = d->summary.sites[site.value].numExperts;
    ES_TRY(d->readIds(site, range, buffer.expertIds));
    block.expertIds = buffer.expertIds;
    if (wanted.weights && have.weights) {
        ES_TRY(d->readFloats(Column::Weight, site, range, block.numSlots, buffer.weights));
        block.weights = buffer.weights;
    }
    if (wanted.entropy && have.entropy) {
        ES_TRY(d->readFloats(Column::Entropy, site, range, 1, buffer.entropy));
        block.entropy = buffer.entropy;
    }
    if (wanted.margin && have.margin) {
        ES_TRY(d->readFloats(Column::Margin, site, range, 1, buffer.margin));
        block.margin = buffer.margin;
    }
    if (wanted.logits && have.logits) {
        const std::size_t stored = d->shape.numExperts, mine = block.numExperts;
        ES_TRY(d->readFloats(Column::Logits, site, range, stored, buffer.logits));
        if (stored != mine) {
            for (std::size_t t = 1; t < range.size(); ++t)
                std::copy_n(buffer.logits.begin() + static_cast<std::ptrdiff_t>(t * stored), mine,
                    buffer.logits.begin() + static_cast<std::ptrdiff_t>(t * mine));
            buffer.logits.resize(range.size() * mine);
        }
        block.logits = buffer.logits;
    }
    if (wanted.tokenIds && have.tokenIds) {
        ES_TRY(d->readTokenIds(range, buffer.tokenIds));
        block.tokenIds = buffer.tokenIds;
    }
    if (wanted.predictedIds && have.predictedIds) {
        ES_TRY(d->readTokens(d->column(Column::Predicted), range, buffer.predictedIds));
        block.predictedIds = buffer.predictedIds;
    }
    if (wanted.loss && have.loss) {
        ES_TRY(d->readFloats(Column::Loss, SiteIndex(0), range, 1, buffer.loss));
        block.loss = buffer.loss;
    }
    return block;
}

Expected<std::vector<std::int32_t>> TraceFile::tokenIds(TokenRange range) const
{
    std::vector<std::int32_t> ids;
    ES_TRY(d->readTokenIds(range, ids));
    return ids;
}

Expected<std::string> TraceFile::tokenBytes(std::int32_t tokenId) const
{
    std::call_once(d->vocabularyOnce, [this] { d->vocabularyStatus = d->loadVocabulary(); });
    ES_TRY(d->vocabularyStatus);
    const auto it = std::lower_bound(d->pieceIds.begin(), d->pieceIds.end(), tokenId);
    if (it == d->pieceIds.end() || *it != tokenId)
        return std::string();
    const auto i = static_cast<std::size_t>(it - d->pieceIds.begin());
    return std::string(d->pieceBytes.begin() + d->pieceOffsets[i], d->pieceBytes.begin() + d->pieceOffsets[i + 1]);
}

Expected<std::vector<float>> TraceFile::loss(TokenRange range) const
{
    if (!d->summary.columns.loss)
        return fail("next-token loss was not recorded", d->trace.name, "capture with --loss");
    if (range.begin > range.end || range.end.value > d->summary.numTokens)
        return d->rangeError(range);
    std::vector<float> values;
    ES_TRY(d->readFloats(Column::Loss, SiteIndex(0), range, 1, values));
    return values;
}

}
