// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tokens/data/part_store.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <tuple>

namespace expertscope {

/// Shared with the worker, which takes from the front what is wished for now.
struct PartStore::Queue
{
    std::mutex mutex;
    std::deque<Wish> wishes;

    std::optional<Wish> take()
    {
        const std::lock_guard lock(mutex);
        if (wishes.empty())
            return {};
        const Wish wish = wishes.front();
        wishes.pop_front();
        return wish;
    }
    bool set(std::deque<Wish> newer)
    {
        const std::lock_guard lock(mutex);
        wishes = std::move(newer);
        return !wishes.empty();
    }
};

std::strong_ordering PartStore::Wish::operator<=>(const Wish& other) const
{
    const auto key = [](const Wish& wish) {
        return std::tuple(
            wish.range.begin.value, wish.range.end.value, int(wish.what), wish.site.value, wish.expert.value);
    };
    return key(*this) <=> key(other);
}

PartStore::PartStore(QObject* parent)
    : QObject(parent)
    , m_queue(std::make_shared<Queue>())
{
    // What was wished for while the worker was about to end.
    connect(&m_tracker, &JobTracker::finished, this, [this] {
        const std::lock_guard lock(m_queue->mutex);
        if (!m_queue->wishes.empty())
            QMetaObject::invokeMethod(this, &PartStore::work, Qt::QueuedConnection);
    });
}

PartStore::~PartStore() = default;

void PartStore::setStudy(StudyPtr study, std::size_t trace)
{
    m_tracker.cancel();
    m_queue = std::make_shared<Queue>();
    m_study = std::move(study);
    m_trace = trace;
    m_kept.clear();
    m_bytes = 0;
    m_error.reset();
}

void PartStore::want(const std::vector<Wish>& wishes)
{
    std::deque<Wish> missing;
    for (const Wish& wish : wishes) {
        if (!find(wish))
            missing.push_back(wish);
    }
    m_error.reset();
    if (m_queue->set(std::move(missing)) && m_study)
        work();
}

void PartStore::work()
{
    if (m_tracker.running() || !m_study)
        return;
    m_tracker.start([this, study = m_study, trace = m_trace, queue = m_queue](
                        const JobTracker::Handle& handle) -> JobTracker::Delivery {
        const NamedTrace& named = study->traces()[trace];
        const auto deliver = [&](const Wish& wish, auto read) {
            if (!read) {
                queue->set({}); // the rest would fail alike
                handle.deliver([this, error = std::move(read).error()] {
                    m_error = error;
                    emit failed();
                });
                return;
            }
            const std::size_t bytes = read->bytes();
            auto part = std::make_shared<const std::decay_t<decltype(*read)>>(std::move(*read));
            handle.deliver([this, wish, bytes, part = std::move(part)] {
                keep(wish, part, bytes);
                emit arrived();
            });
        };
        while (!handle.cancelled()) {
            const auto wish = queue->take();
            if (!wish)
                break;
            switch (wish->what) {
            case Wish::What::Texts:
                deliver(*wish, readTexts(named, wish->range));
                break;
            case Wish::What::Choices:
                deliver(*wish, readChoices(named, wish->site, wish->range));
                break;
            case Wish::What::Ranks:
                deliver(*wish, readRanks(named, wish->site, wish->expert, wish->range));
                break;
            }
        }
        return {};
    });
}

PartStore::Part PartStore::find(const Wish& wish) const
{
    const auto found = m_kept.find(wish);
    if (found == m_kept.end())
        return {};
    found->second.used = ++m_clock;
    return found->second.part;
}

TokenTextsPtr PartStore::texts(TokenRange range) const
{
    return std::static_pointer_cast<const TokenTexts>(find({range, Wish::What::Texts}));
}

SiteChoicesPtr PartStore::choices(TokenRange range, SiteIndex site) const
{
    return std::static_pointer_cast<const SiteChoices>(find({range, Wish::What::Choices, site}));
}

ExpertRanksPtr PartStore::ranks(TokenRange range, SiteIndex site, ExpertIndex expert) const
{
    return std::static_pointer_cast<const ExpertRanks>(find({range, Wish::What::Ranks, site, expert}));
}

void PartStore::keep(const Wish& wish, Part part, std::size_t bytes)
{
    ++m_reads;
    Entry& entry = m_kept[wish];
    m_bytes += bytes - entry.bytes;
    entry = {std::move(part), bytes, ++m_clock};
    if (m_bytes <= m_most)
        return;
    // Down to three quarters at once: not a search each time.
    std::vector<std::pair<std::uint64_t, Wish>> oldest;
    for (const auto& [kept, of] : m_kept)
        oldest.emplace_back(of.used, kept);
    std::ranges::sort(oldest, {}, &std::pair<std::uint64_t, Wish>::first);
    for (const auto& [used, kept] : oldest) {
        if (m_bytes <= m_most / 4 * 3 || kept == wish)
            break;
        const auto found = m_kept.find(kept);
        m_bytes -= found->second.bytes;
        m_kept.erase(found);
    }
}

}
