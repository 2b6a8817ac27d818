// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tokens/widgets/timeline_view.h"

#include "views/charts/wording.h"
#include "views/tokens/data/token_words.h"
#include "views/tokens/widgets/colour_key.h"
#include "views/widgets/option_panel.h"
#include "views/widgets/state_pages.h"

#include <QLabel>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace expertscope {

const ChartSpec& timelineOptions()
{
    static const ChartSpec options = [] {
        ChartSpec spec;
        spec.name = "text-timeline";
        spec.title = "Text timeline";
        spec.definition = "The sequence at the cursor of the text, a column a token";
        spec.options = {{{.name = "show",
                             .standard = "layers",
                             .meaning = "rows: the first choice in each layer, or the experts of the layer of the text",
                             .kind = ParameterSpec::Kind::Choices,
                             .choices = {"layers", "experts"}},
            "Rows"}};
        return spec;
    }();
    return options;
}

TimelineView::TimelineView(Session& session, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_cursor(TokenCursor::of(session))
    , m_state(new ChartState(timelineOptions(), session.undo(), this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_options = new OptionPanel(*m_state, this);
    layout->addWidget(m_options);
    m_key = new ColourKeyLine(this);
    layout->addWidget(m_key);
    m_pages = new QStackedWidget(this);
    layout->addWidget(m_pages, 1);
    auto* empty = new StatePage(this);
    m_words = empty->addText({}, "timelineWords");
    m_words->setProperty("faint", true);
    m_pages->addWidget(empty);
    m_area = new TimelineArea(session, this);
    m_pages->addWidget(m_area);
    focusFollowsPage(this, m_pages, m_area);
    connect(m_area, &TimelineArea::readoutChanged, this, &TimelineView::readoutChanged);
    connect(m_state, &ChartState::changed, this, &TimelineView::ask);
    connect(&m_cursor, &TokenCursor::moved, this, &TimelineView::ask);
    connect(&m_cursor, &TokenCursor::keptChanged, this, &TimelineView::ask);
    const auto forget = [this] {
        m_job.cancel();
        m_samples.clear();
        m_rasters.clear();
        m_order.clear();
        m_shown.clear();
        m_words->setText(QString::fromUtf8("Reading…"));
    };
    connect(&session, &Session::opened, this, forget);
    connect(&session, &Session::traceChosen, this, forget);
    ask();
}

bool TimelineView::event(QEvent* event)
{
    if (event->type() == QEvent::Paint && std::exchange(m_stale, false))
        QMetaObject::invokeMethod(this, &TimelineView::ask, Qt::QueuedConnection);
    return QWidget::event(event);
}

void TimelineView::keep(const std::string& key, TimelineRasterPtr raster)
{
    constexpr std::size_t kMost = 4; // some ten megabytes each at most
    if (m_rasters.emplace(key, std::move(raster)).second)
        m_order.push_back(key);
    if (m_order.size() > kMost) {
        m_rasters.erase(m_order.front());
        m_order.erase(m_order.begin());
    }
}

void TimelineView::ask()
{
    const KeptTokensPtr kept = m_cursor.kept();
    if (!kept) {
        m_job.cancel();
        m_area->setRaster(nullptr);
        m_shown.clear();
        m_words->setText(m_cursor.error() ? QString::fromStdString(m_cursor.error()->message())
                : m_session.study()       ? QString::fromUtf8("Reading…")
                                          : QString("Open a trace to see its sequences"));
        m_pages->setCurrentIndex(0);
        return;
    }
    if (!isVisible() || visibleRegion().isEmpty()) { // or behind the tab of another dock
        m_stale = true;
        return m_job.cancel();
    }
    const auto at = m_cursor.here() ? m_cursor.here() : kept->next(TokenIndex(0));
    if (!at)
        return;
    const bool experts = m_state->options().text("show") == "experts";
    const std::size_t numSites = kept->shape().sites.size();
    const SiteIndex site = std::min(m_cursor.site(), SiteIndex(std::uint16_t(numSites - 1)));
    const std::size_t rows = experts ? kept->shape().sites[std::size_t(site)].numExperts : numSites;
    // Hues depend on which tokens are kept, experts do not.
    std::string key = experts ? "experts " + std::to_string(site.value) : "layers " + keyText(kept->scope());
    const TokenRange range = timelineRange(kept->shape(), *at, rows);
    addKey(key, std::to_string(range.begin.value));
    if (key == m_shown && m_shownOf == kept)
        return m_job.cancel();
    const auto show = [this, kept, key](const Expected<TimelineRasterPtr>& raster) {
        m_shown = raster ? key : std::string();
        m_shownOf = kept;
        showRaster(raster);
    };
    if (const auto known = m_rasters.find(key); known != m_rasters.end()) {
        m_job.cancel();
        return show(known->second);
    }
    m_words->setText(QString::fromUtf8("Reading…")); // seen where nothing was shown before
    std::vector<SiteIndex> sites;
    for (std::size_t s = 0; s < numSites; ++s)
        sites.push_back(SiteIndex(std::uint16_t(s)));
    m_job.start(
        [this, kept, at = *at, experts, site, sites, key, show, sample = m_samples.find(*kept, sites, kFirstChoice)](
            const JobTracker::Handle& handle) mutable -> JobTracker::Delivery {
            const Progress progress = [&handle](double) { return !handle.cancelled(); };
            Expected<TimelineRasterPtr> raster = fail(kCancelled);
            if (experts) {
                raster = expertTimeline(*kept, at, site, progress);
            } else if (auto sampled = sample ? Expected<ColourSamplePtr>(sample)
                                             : sampleColours(*kept, sites, kFirstChoice, progress)) {
                sample = *sampled;
                raster = siteTimeline(*kept, at, *sample, progress);
            } else {
                raster = tl::unexpected(sampled.error());
            }
            return [this, kept, sites, key, show, sample, raster] {
                if (sample)
                    m_samples.keep(*kept, sites, kFirstChoice, sample);
                if (raster)
                    keep(key, *raster);
                show(raster);
            };
        });
    emit readoutChanged();
}

void TimelineView::showRaster(const Expected<TimelineRasterPtr>& raster)
{
    if (!raster) {
        m_words->setText(QString::fromStdString(raster.error().message()));
        m_area->setRaster(nullptr);
        m_pages->setCurrentIndex(0);
        return;
    }
    m_area->setRaster(*raster);
    m_pages->setCurrentIndex(1);
    TokenColours colours;
    const RoutingShape& shape = m_cursor.kept() ? m_cursor.kept()->shape() : m_shownOf->shape();
    colours.title = (*raster)->experts ? "Experts of " + siteText(shape, (*raster)->site).toLower()
                                       : QString("First choice by layer");
    colours.sites[colours.question.site].categories = (*raster)->strips.categories;
    m_key->setColours(colours);
    emit readoutChanged();
}

bool TimelineView::stop()
{
    if (!m_job.running())
        return false;
    m_job.cancel();
    m_shown.clear(); // asks anew when the cursor moves
    return true;
}

QString TimelineView::note() const
{
    const TimelineRasterPtr& raster = m_area->raster();
    if (!raster || !m_shownOf)
        return {};
    const Sequence& sequence = m_shownOf->shape().sequences[std::size_t(raster->sequence)];
    QStringList notes{sequenceHead(m_shownOf->shape(), raster->sequence).name};
    if (raster->range.size() < sequence.length)
        notes << "tokens " + countText(raster->range.begin.value - sequence.begin.value) + " to "
                + countText(raster->range.end.value - sequence.begin.value - 1) + " of " + countText(sequence.length);
    if (m_area->isReduced())
        notes << "several tokens a pixel: darker grey where none has half of them";
    return notes.join("; ");
}

}
