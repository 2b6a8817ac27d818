// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads the parts of a text that are looked at, in a worker, and keeps the ones looked at last.
#pragma once

#include "views/session/job_tracker.h"
#include "views/tokens/data/kept_tokens.h"
#include "views/tokens/data/token_parts.h"

#include <QObject>

#include <compare>
#include <map>
#include <memory>

namespace expertscope {

class PartStore final : public QObject
{
    Q_OBJECT
public:
    explicit PartStore(QObject* parent = nullptr);
    ~PartStore() override;

    /// Forgets everything. Null: nothing is open.
    void setStudy(StudyPtr study, std::size_t trace = 0);

    /// What is to be read of tokens.
    struct Wish
    {
        enum class What
        {
            Texts,
            Choices,
            Ranks
        };
        TokenRange range; ///< in one sequence
        What what = What::Texts;
        SiteIndex site = {};
        ExpertIndex expert = {};

        std::strong_ordering operator<=>(const Wish& other) const;
        bool operator==(const Wish& other) const { return (*this <=> other) == 0; }
    };
    /// Reads these, the first ones first, and nothing else that was wished for before.
    void want(const std::vector<Wish>& wishes);

    /// What is there; null: not read yet.
    TokenTextsPtr texts(TokenRange range) const;
    SiteChoicesPtr choices(TokenRange range, SiteIndex site) const;
    ExpertRanksPtr ranks(TokenRange range, SiteIndex site, ExpertIndex expert) const;

    bool reading() const { return m_tracker.running(); }
    const std::optional<Error>& error() const { return m_error; } ///< of the last wish that failed
    std::uint64_t reads() const { return m_reads; } ///< so far: for tests
    std::size_t bytes() const { return m_bytes; } ///< of what is kept
    void setMostBytes(std::size_t bytes) { m_most = bytes; }

signals:
    void arrived(); ///< something that was wished for
    void failed();

private:
    using Part = std::shared_ptr<const void>;
    struct Queue;
    struct Entry
    {
        Part part;
        std::size_t bytes = 0;
        mutable std::uint64_t used = 0;
    };
    Part find(const Wish& wish) const;
    void keep(const Wish& wish, Part part, std::size_t bytes);
    void work();

    StudyPtr m_study;
    std::size_t m_trace = 0;
    std::shared_ptr<Queue> m_queue;
    std::map<Wish, Entry> m_kept;
    std::size_t m_bytes = 0, m_most = std::size_t(96) << 20;
    mutable std::uint64_t m_clock = 0;
    std::uint64_t m_reads = 0;
    std::optional<Error> m_error;
    JobTracker m_tracker; ///< last: its jobs end before what they deliver to
};

}
