// SPDX-License-Identifier: GPL-3.0-or-later
//
// One chart with its options: asks the session whenever the tokens or an option change, and shows what came, that
// something is on its way, or why there is nothing.
#pragma once

#include "views/session/chart_state.h"
#include "views/widgets/chart_widget.h"

class QLabel;
class QProgressBar;
class QPushButton;
class QStackedWidget;
class QTimer;
class QToolButton;

namespace expertscope {

class OptionPanel;
class StatePage;

class ChartView final : public QWidget
{
    Q_OBJECT
public:
    /// `chart` must outlive it (those of the registry do).
    ChartView(Session& session, const ChartSpec& chart, QWidget* parent = nullptr);
    ~ChartView() override;

    enum class Page
    {
        Empty, ///< nothing is open
        Picture,
        Error
    };
    Page page() const;
    /// A question is on its way; the picture is that of the one before, or of a sample.
    bool loading() const { return m_session.waits(this); }
    QString errorText() const;

    ChartState& state() { return *m_state; }
    const ChartState& state() const { return *m_state; }
    ChartWidget* widget() const { return m_widget; }
    const ChartPtr& chart() const { return m_widget->chart(); }
    /// Colours, scale and limits of the picture: nothing is left open.
    const Look& shownLook() const { return m_shownLook; }
    /// Which tokens of which trace the picture is of, which may be older than the filters while loading().
    const ChartQuestion& shownQuestion() const { return m_shownQuestion; }
    /// What a pixel shows of several cells; empty where each cell has one.
    QString reducerNote() const;

    /// What is asked instead of Session::question(): other tokens, or options that others choose. Nothing: nothing can be
    /// asked now, the page is empty.
    using Source = std::function<std::optional<ChartQuestion>(const Parameters& options)>;
    void setSource(Source source);
    void ask(); ///< anew, once it is seen
    /// Of the next picture, if it has as many panels.
    void showOnceDrawn(const PlotView& seen) { m_seen = seen; }
    void focusOptions(); ///< the keyboard goes to the first of them

    bool stop(); ///< withdraws the question, a sample stays; false: there is none
    void copyReadout() const;
    void copyNumbers() const;
    void copyPicture() const; ///< as it is seen

    QSize minimumSizeHint() const override { return {160, 140}; }

signals:
    void readoutChanged();
    void chartChanged(); ///< another picture, or another page
    void actionRequested(const QString& id); ///< of the window, about this chart
    void duplicateRequested(const std::map<std::string, std::string>& options); ///< that differ from its own

protected:
    void showEvent(QShowEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void followSite();
    Expected<void> draw(const ChartQuestion& question, const ChartDataPtr& data);
    void showSample(const ChartQuestion& sample, const ChartDataPtr& data);
    void sayOfSample(const QString& what); ///< empty: all is shown
    void placeSampleNote();
    void showError(const Error& error);
    void showPage(Page page);
    void setLoading(bool loading);
    void openMenu(const QPoint& global);

    Session& m_session;
    ChartState* m_state = nullptr;
    Source m_source;
    ChartQuestion m_shownQuestion;
    Look m_shownLook;
    QString m_error;
    std::optional<PlotView> m_seen; ///< of the next picture
    bool m_stale = true; ///< asks when it is seen

    QStackedWidget* m_pages = nullptr;
    OptionPanel* m_options = nullptr;
    ChartWidget* m_widget = nullptr;
    QLabel* m_errorLabel = nullptr;
    QProgressBar* m_progress = nullptr;
    QToolButton* m_stop = nullptr;
    QLabel* m_sample = nullptr; ///< over the picture: what it is of, until it is of all
    QTimer* m_dimLater = nullptr;
};

}
