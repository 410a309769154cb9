-- A reviewer's last invitation is looked for with every link that is shown, among whatever else the reviewer was told of since.
create index deliveries_of_invitations on notifications.deliveries (reviewer_id, id) where kind = 'invitation';
