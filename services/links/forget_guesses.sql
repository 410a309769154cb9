-- Counts of wrong passcodes that no limit asks for any more, so many at most.
-- in  most int
-- out forgotten int
select views.forget_guesses(:most) as forgotten
