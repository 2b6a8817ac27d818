// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/summary_file.h"

#include "io/base/version.h"
#include "io/trace/hdf5_builder.h"
#include "io/trace/hdf5_file_driver.h"
#include "io/trace/numeric_dataset.h"

#include <algorithm>

namespace expertscope {

namespace {

constexpr const char* kSummaryFormat = "expertscope-summary";
constexpr const char* kSummaryVersion = "1.0.0";
constexpr std::uint64_t kMostTraceBytes = 256u << 20, kMostAnswerBytes = 1u << 30, kMostAnswers = 100'000;
constexpr std::size_t kMostQuestionBytes = 1 << 16;

using Bytes = std::vector<std::uint8_t>;

Bytes bytesOf(const std::string& text)
{
    return Bytes(text.begin(), text.end());
}

hdf5::DatasetSpec bytesSpec(const std::string& path, const char* description)
{
    return {.path = path, .type = H5T_STD_U8LE, .description = description};
}

Expected<std::string> readBytes(const NumericDataset& data, std::uint64_t first, std::uint64_t count)
{
    constexpr std::uint64_t kPiece = 1 << 16;
    std::string text;
    std::vector<std::uint16_t> piece;
    for (std::uint64_t at = 0; at < count; at += piece.size()) {
        piece.resize(std::min(kPiece, count - at));
        ES_TRY(data.read(first + at, piece.size(), 0, piece.data()));
        text.append(piece.begin(), piece.end());
    }
    return text;
}

}

bool isSummary(const std::filesystem::path& path)
{
    return hdf5::isOfFormat(path.string(), kSummaryFormat);
}

FileKind summaryKind()
{
    return {.name = "a summary", .recognises = isSummary, .needsFile = true};
}

struct SummaryWriter::Private
{
    explicit Private(NewFile made)
        : file(std::move(made))
        , builder(file)
    {
    }
    NewFile file;
    hdf5::Builder builder;
    hdf5::Handle answers; ///< their group
    std::size_t count = 0;
};

SummaryWriter::SummaryWriter(std::unique_ptr<Private> p)
    : d(std::move(p))
{
}

SummaryWriter::SummaryWriter(SummaryWriter&&) noexcept = default;

SummaryWriter::~SummaryWriter()
{
    const hdf5::Lock lock;
    d.reset();
}

Expected<SummaryWriter> SummaryWriter::create(const Output& output, const std::string& trace)
{
    ES_TRY(checkOutput(output));
    ES_ASSIGN(NewFile file, NewFile::create(output.path));
    SummaryWriter writer(std::make_unique<Private>(std::move(file)));
    const hdf5::Lock lock;
    hdf5::Builder& builder = writer.d->builder;
    ES_TRY(builder.create());
    ES_TRY(builder.text(builder.file(), "format", kSummaryFormat));
    ES_TRY(builder.text(builder.file(), "format_version", kSummaryVersion));
    ES_TRY(builder.text(builder.file(), "creator", "expertscope"));
    ES_TRY(builder.text(builder.file(), "creator_version", kVersion));
    ES_TRY(builder.column(bytesSpec("trace", "JSON, UTF-8: what the trace is"), bytesOf(trace), H5T_NATIVE_UINT8));
    ES_ASSIGN(writer.d->answers, builder.group("answers"));
    return writer;
}

Expected<void> SummaryWriter::add(const std::string& question, const std::string& answer)
{
    if (question.size() > kMostQuestionBytes || answer.size() > kMostAnswerBytes
        || d->count == kMostAnswers)
        return fail("is too large for a summary", d->file.name().string());
    const hdf5::Lock lock;
    const std::string path = "answers/" + std::to_string(d->count);
    ES_ASSIGN(const hdf5::Handle made,
        d->builder.column(bytesSpec(path, "JSON, UTF-8: results"), bytesOf(answer), H5T_NATIVE_UINT8));
    ES_TRY(d->builder.text(made, "question", question));
    ++d->count;
    return d->builder.written();
}

Expected<void> SummaryWriter::finish()
{
    {
        const hdf5::Lock lock;
        ES_TRY(d->builder.integer(d->builder.file(), "answers", std::int64_t(d->count)));
        d->answers.reset();
        ES_TRY(d->builder.close());
    }
    ES_TRY(d->file.finish());
    return d->file.place();
}

struct SummaryFile::Private
{
    hdf5::Handle file;
    std::string name, trace;
    std::uint64_t bytes = 0;
    std::vector<std::pair<std::string, std::size_t>> questions; ///< sorted
    std::size_t count = 0;

    ~Private()
    {
        const hdf5::Lock lock;
        file.reset();
    }
    Expected<NumericDataset> dataset(const std::string& path) const
    {
        return NumericDataset::open(
            file, path, NumericDataset::Kind::Integer, {NumericDataset::kAnyLength}, name, bytes);
    }
    Expected<std::string> textAt(const std::string& path, std::uint64_t most) const
    {
        const hdf5::Lock lock;
        ES_ASSIGN(const NumericDataset data, dataset(path));
        if (data.dims()[0] > most)
            return fail("is of " + std::to_string(data.dims()[0]) + " bytes, more than are read", data.where());
        return readBytes(data, 0, data.dims()[0]);
    }
};

SummaryFile::SummaryFile(std::unique_ptr<Private> p)
    : d(std::move(p))
{
}

SummaryFile::~SummaryFile() = default;

Expected<std::shared_ptr<const SummaryFile>> SummaryFile::open(const std::filesystem::path& path)
{
    const hdf5::Lock lock;
    auto p = std::make_unique<Private>();
    p->name = path.string();
    std::error_code error;
    p->bytes = std::filesystem::file_size(path, error);
    if (error)
        return fail(error.message(), p->name);
    ES_ASSIGN(p->file, hdf5::openForReading(p->name));
    ES_ASSIGN(const std::string format, hdf5::readText(p->file, "format", p->name, 256));
    if (format != kSummaryFormat)
        return fail("is of format '" + format + "', no summary", p->name);
    ES_ASSIGN(const std::string version, hdf5::readText(p->file, "format_version", p->name, 64));
    if (!version.starts_with("1."))
        return fail("is a summary of format version " + version + "; this program reads 1.x", p->name, "update Expertscope");
    ES_ASSIGN(const std::int64_t count, hdf5::readInteger(p->file, "answers", p->name));
    if (count < 0 || std::uint64_t(count) > kMostAnswers)
        return fail(std::to_string(count) + " answers", p->name + ": attribute 'answers'");
    p->count = std::size_t(count);
    ES_ASSIGN(p->trace, p->textAt("trace", kMostTraceBytes));
    for (std::size_t i = 0; i < p->count; ++i) {
        const std::string at = "answers/" + std::to_string(i);
        ES_ASSIGN(const hdf5::Handle dataset, hdf5::openDataset(p->file, at, p->name));
        ES_ASSIGN(std::string question, hdf5::readText(dataset, "question", p->name + ": " + at, kMostQuestionBytes));
        p->questions.emplace_back(std::move(question), i);
    }
    std::ranges::sort(p->questions);
    return std::shared_ptr<const SummaryFile>(new SummaryFile(std::move(p)));
}

const std::string& SummaryFile::trace() const
{
    return d->trace;
}

std::size_t SummaryFile::size() const
{
    return d->count;
}

std::uint64_t SummaryFile::bytes() const
{
    return d->bytes;
}

std::optional<std::size_t> SummaryFile::find(const std::string& question) const
{
    const auto found = std::ranges::lower_bound(d->questions, question, {}, &std::pair<std::string, std::size_t>::first);
    if (found == d->questions.end() || found->first != question)
        return {};
    return found->second;
}

Expected<std::string> SummaryFile::answer(std::size_t index) const
{
    return d->textAt("answers/" + std::to_string(index), kMostAnswerBytes);
}

}
