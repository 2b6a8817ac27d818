// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/session/chart_state.h"
#include "views/tokens/widgets/timeline_area.h"

#include <QWidget>

class QLabel;
class QStackedWidget;

namespace expertscope {

class ColourKeyLine;
class OptionPanel;

/// The sequence at the cursor over all sites, or over the experts of one; goes along with the text.
class TimelineView final : public QWidget
{
    Q_OBJECT
public:
    explicit TimelineView(Session& session, QWidget* parent = nullptr);

    TimelineArea* area() const { return m_area; }
    ChartState& state() { return *m_state; }
    bool loading() const { return m_job.running(); }
    QString note() const; ///< what is not seen of it
    bool stop();

    QSize minimumSizeHint() const override { return {160, 110}; }

signals:
    void readoutChanged();

protected:
    bool event(QEvent* event) override;

private:
    void ask();
    void showRaster(const Expected<TimelineRasterPtr>& raster);
    void keep(const std::string& key, TimelineRasterPtr raster);

    Session& m_session;
    TokenCursor& m_cursor;
    ChartState* m_state = nullptr;
    OptionPanel* m_options = nullptr;
    ColourKeyLine* m_key = nullptr;
    QStackedWidget* m_pages = nullptr;
    QLabel* m_words = nullptr;
    TimelineArea* m_area = nullptr;
    ColourSamples m_samples; ///< of all sites
    std::map<std::string, TimelineRasterPtr> m_rasters; ///< the last few, so that a second look reads nothing
    std::vector<std::string> m_order; ///< their keys, the oldest first
    std::string m_shown; ///< key of what is shown
    KeptTokensPtr m_shownOf;
    bool m_stale = true; ///< asks when it is seen
    JobTracker m_job;
};

/// Its option: rows are sites, or experts of the site of the text.
const ChartSpec& timelineOptions();

}
