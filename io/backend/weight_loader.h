// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/backend/model_weights.h"

namespace expertscope {

/// Collects what is to be read of a checkpoint, then reads it. For .cpp files of io/backend only.
class WeightLoader
{
public:
    WeightLoader(const Checkpoint& checkpoint, const LoadRequest& request)
        : m_checkpoint(checkpoint)
        , m_request(request)
    {
    }

    /// A tensor of its own, in the type asked for; nothing where the source is not there.
    void take(const TensorSource& source, at::Tensor& target) { takeAs(m_request.type, source, target); }
    void takeAs(at::ScalarType type, const TensorSource& source, at::Tensor& target);
    /// A slot of a larger tensor, e.g. one expert's rows of the stacked ones.
    void into(const TensorSource& source, const at::Tensor& slot);
    /// [first; second; …] as rows of one tensor.
    void stack(const std::vector<const TensorSource*>& sources, at::Tensor& target);
    /// The same of tensors of more dimensions that differ in the first.
    void stackAll(const std::vector<const TensorSource*>& sources, at::Tensor& target);
    void mlp(const MlpSource& source, MlpWeights& target);
    void experts(const std::vector<MlpSource>& sources, MlpWeights& target);

    /// All that was collected since the last time.
    Expected<void> read(ThreadPool& pool);

private:
    /// One pread: elements [first, first + count) of a tensor into `target`, in the number type of that.
    struct Piece
    {
        const TensorSource* source = nullptr;
        at::Tensor target; ///< contiguous, as many elements as the source (whole) or `count` of them
        std::int64_t first = 0, count = 0;
    };

    Expected<void> readGuarded(const Piece& piece) const;
    Expected<void> readPiece(const Piece& piece) const;

    const Checkpoint& m_checkpoint;
    const LoadRequest& m_request;
    std::vector<Piece> m_pieces;
};

}
