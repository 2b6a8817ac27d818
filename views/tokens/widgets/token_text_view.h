// SPDX-License-Identifier: GPL-3.0-or-later
//
// The text of the trace with what colours it, its search, and playing along it.
#pragma once

#include "views/session/chart_state.h"
#include "views/tokens/data/colour_sample.h"
#include "views/tokens/widgets/text_area.h"

#include <QWidget>

class QLabel;
class QStackedWidget;

namespace expertscope {

class ColourKeyLine;
class ElidedLabel;
class OptionPanel;
class PlayStrip;
class SearchBar;

class TokenTextView final : public QWidget
{
    Q_OBJECT
public:
    explicit TokenTextView(Session& session, QWidget* parent = nullptr);
    ~TokenTextView() override;

    enum class Page
    {
        Empty, ///< nothing is open
        Text,
        Error
    };
    Page page() const;
    QString errorText() const;
    bool loading() const; ///< something is being read or counted

    ChartState& state() { return *m_state; } ///< its options, each change a step to undo
    TextArea* area() const { return m_area; }
    SearchBar* search() const { return m_search; }
    PlayStrip* player() const { return m_player; }
    ColourKeyLine* key() const { return m_key; }
    /// "238 of 270 sequences are left out by the filters"; empty: none is.
    QString leftOut() const;
    QString readout() const;

    void openSearch();
    bool stop(); ///< playing, counting, the search; false: there is none of that
    void copyText(); ///< of the selection, or the sequence at the cursor
    void copyNumbers();
    /// The same as a table; empty: nothing is shown.
    QByteArray csv() const;

    QSize minimumSizeHint() const override { return {200, 140}; }

signals:
    void readoutChanged();
    void contentChanged();

protected:
    bool event(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void showTokens();
    void recolour();
    void readOptions();
    void showError(const QString& why);
    void openMenu(const QPoint& global);
    ColourQuestion question() const;
    bool seen() const;
    QString where(const TokenRange& range) const;

    Session& m_session;
    TokenCursor& m_cursor;
    ChartState* m_state = nullptr;
    OptionPanel* m_options = nullptr;
    SearchBar* m_search = nullptr;
    ColourKeyLine* m_key = nullptr;
    ElidedLabel* m_leftOut = nullptr;
    QStackedWidget* m_pages = nullptr;
    QLabel* m_error = nullptr;
    TextArea* m_area = nullptr;
    PlayStrip* m_player = nullptr;

    ColourSamples m_samples;
    ColourSamplePtr m_sample; ///< the last one, while another is taken of other tokens
    ColourQuestion m_sampledFor;
    bool m_stale = true; ///< coloured when it is seen
    bool m_playerInOptions = false;
    JobTracker m_sampleJob, m_copyJob;
};

/// Its options: site, quantity, rows. No chart of the registry: the text is no picture.
const ChartSpec& tokenTextOptions();

}
