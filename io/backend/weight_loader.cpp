// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/weight_loader.h"

#include "io/backend/thread_pool.h"

#include <algorithm>
#include <mutex>

namespace expertscope {

namespace {

constexpr std::int64_t kPieceBytes = 8 << 20;

Expected<at::ScalarType> scalarType(const TensorSource& tensor)
{
    switch (tensor.type) {
    case ElementType::F32:
        return at::kFloat;
    case ElementType::BF16:
        return at::kBFloat16;
    case ElementType::F16:
        return at::kHalf;
    case ElementType::F64:
        return at::kDouble;
    default:
        return fail("weights of this element type cannot be computed with", "tensor '" + tensor.name + "'",
            "f32, bf16, f16 or f64");
    }
}

std::int64_t outRows(const TensorSource& s)
{
    return s.transposed ? s.shape.back() : s.shape.front();
}

/// [out, in], and all gates before all ups.
at::Tensor arranged(at::Tensor values, const TensorSource& source)
{
    if (source.transposed)
        values = values.transpose(-2, -1);
    if (source.interleaved)
        values = values.unflatten(0, {values.size(0) / 2, 2}).transpose(0, 1).reshape(values.sizes());
    return values;
}

}

void WeightLoader::takeAs(at::ScalarType type, const TensorSource& source, at::Tensor& target)
{
    if (!source.present())
        return;
    std::vector<std::int64_t> shape = source.shape;
    if (source.transposed)
        std::swap(shape[shape.size() - 1], shape[shape.size() - 2]);
    target = at::empty(shape, at::TensorOptions().dtype(type));
    into(source, target);
}

void WeightLoader::into(const TensorSource& source, const at::Tensor& slot)
{
    const auto total = static_cast<std::int64_t>(source.numElements());
    if (source.transposed || source.interleaved || source.stored) { // needs the whole to turn or undo it
        m_pieces.push_back({&source, slot, 0, total});
        return;
    }
    const at::Tensor flat = slot.view({-1});
    const std::int64_t step =
        kPieceBytes / std::max<std::int64_t>(1, static_cast<std::int64_t>(elementBits(source.type)) / 8);
    for (std::int64_t first = 0; first < total; first += step) {
        const std::int64_t count = std::min(step, total - first);
        m_pieces.push_back({&source, flat.narrow(0, first, count), first, count});
    }
}

void WeightLoader::stack(const std::vector<const TensorSource*>& sources, at::Tensor& target)
{
    std::int64_t rows = 0;
    for (const auto* s : sources)
        rows += outRows(*s);
    std::vector<std::int64_t> shape{rows};
    if (sources[0]->shape.size() > 1)
        shape.push_back(sources[0]->transposed ? sources[0]->shape[0] : sources[0]->shape[1]);
    target = at::empty(shape, at::TensorOptions().dtype(m_request.type));
    std::int64_t row = 0;
    for (const auto* s : sources) {
        into(*s, target.narrow(0, row, outRows(*s)));
        row += outRows(*s);
    }
}

void WeightLoader::stackAll(const std::vector<const TensorSource*>& sources, at::Tensor& target)
{
    std::vector<std::int64_t> shape = sources[0]->shape;
    shape[0] = 0;
    for (const auto* s : sources)
        shape[0] += s->shape[0];
    target = at::empty(shape, at::TensorOptions().dtype(m_request.type));
    std::int64_t row = 0;
    for (const auto* s : sources) {
        into(*s, target.narrow(0, row, s->shape[0]));
        row += s->shape[0];
    }
}

void WeightLoader::mlp(const MlpSource& source, MlpWeights& target)
{
    if (!source.present())
        return;
    stack({&source.gate, &source.up}, target.gateUp);
    take(source.down, target.down);
    if (source.gateBias.present())
        stack({&source.gateBias, &source.upBias}, target.gateUpBias);
    take(source.downBias, target.downBias);
}

void WeightLoader::experts(const std::vector<MlpSource>& sources, MlpWeights& target)
{
    if (sources.empty())
        return;
    const auto count = static_cast<std::int64_t>(sources.size());
    const MlpSource& like = sources[0];
    const std::int64_t width = like.gate.present() ? outRows(like.gate) : outRows(like.gateUp) / 2;
    const std::int64_t hidden = outRows(like.down);
    const auto options = at::TensorOptions().dtype(m_request.type);
    target.gateUp = at::empty({count, 2 * width, hidden}, options);
    target.down = at::empty({count, hidden, width}, options);
    if (like.downBias.present()) {
        target.gateUpBias = at::empty({count, 2 * width}, options);
        target.downBias = at::empty({count, hidden}, options);
    }
    for (std::int64_t e = 0; e < count; ++e) {
        const auto& s = sources[static_cast<std::size_t>(e)];
        const at::Tensor both = target.gateUp.select(0, e);
        if (s.gateUp.present()) {
            into(s.gateUp, both);
        } else {
            into(s.gate, both.narrow(0, 0, width));
            into(s.up, both.narrow(0, width, width));
        }
        into(s.down, target.down.select(0, e));
        if (s.downBias.present()) {
            into(s.gateUpBias, target.gateUpBias.select(0, e));
            into(s.downBias, target.downBias.select(0, e));
        }
    }
}

Expected<void> WeightLoader::read(ThreadPool& pool)
{
    // In the order of the files: disks like it.
    std::stable_sort(m_pieces.begin(), m_pieces.end(), [](const Piece& a, const Piece& b) {
        return std::tie(a.source->file, a.source->offset, a.first)
            < std::tie(b.source->file, b.source->offset, b.first);
    });
    std::mutex mutex;
    std::optional<Error> failure;
    std::atomic<bool> failed{false};
    pool.run(static_cast<std::int64_t>(m_pieces.size()), [&](std::int64_t i, int) {
        if (failed || (m_request.stop && *m_request.stop))
            return;
        Expected<void> done = readGuarded(m_pieces[static_cast<std::size_t>(i)]);
        if (!done) {
            failed = true;
            const std::lock_guard lock(mutex);
            if (!failure)
                failure = std::move(done.error());
        }
    });
    m_pieces.clear();
    if (failure)
        return tl::unexpected<Error>(std::move(*failure));
    if (m_request.stop && *m_request.stop)
        return fail("stopped while the weights were read", m_checkpoint.folder().string());
    return {};
}

Expected<void> WeightLoader::readGuarded(const Piece& piece) const
{
    try {
        return readPiece(piece);
    } catch (const std::exception& error) {
        const std::string text = error.what();
        return fail(text.substr(0, text.find('\n')), "tensor '" + piece.source->name + "'");
    }
}

Expected<void> WeightLoader::readPiece(const Piece& piece) const
{
    const c10::InferenceMode guard;
    const TensorSource& source = *piece.source;
    ES_ASSIGN(const at::ScalarType stored, scalarType(source));
    const bool turned = source.transposed || source.interleaved;
    at::Tensor target = piece.target;
    if (source.stored) {
        ES_ASSIGN(auto values, m_checkpoint.readValues(source));
        // Rounded once to what the form is computed in, then to what the decoder computes in.
        target.copy_(arranged(at::from_blob(values.data(), source.shape, at::kFloat).to(stored), source).view_as(target));
        return {};
    }
    const auto width = static_cast<std::int64_t>(c10::elementSize(stored));
    const auto bytes = static_cast<std::size_t>(piece.count * width);
    const auto offset = static_cast<std::uint64_t>(piece.first * width);
    if (stored == target.scalar_type() && !turned) {
        auto* destination = static_cast<std::byte*>(target.data_ptr());
        return m_checkpoint.read(source, offset, {destination, bytes});
    }
    std::vector<std::byte> raw(bytes);
    ES_TRY(m_checkpoint.read(source, offset, raw));
    const auto options = at::TensorOptions().dtype(stored);
    if (turned)
        target.copy_(arranged(at::from_blob(raw.data(), source.shape, options), source).view_as(target));
    else
        target.copy_(at::from_blob(raw.data(), {piece.count}, options));
    return {};
}

}
